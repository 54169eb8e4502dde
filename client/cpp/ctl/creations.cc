#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/pages.h"
#include "client/cpp/ctl/table.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Creation;
using gateway::v1::ReconcileCreationRequest;
using gateway::v1::ReconcileCreationResponse;

struct ReconcileArguments {
  std::string kind;  // Empty: all that are in doubt.
  std::string request_id;
  std::string upstream_id;
  bool not_accepted = false;
};

const std::map<std::string, Creation::Kind>& Kinds() {
  static const auto* kinds = new std::map<std::string, Creation::Kind>{{"group", Creation::KIND_ASSET_GROUP},
                                                                       {"asset", Creation::KIND_ASSET},
                                                                       {"upload", Creation::KIND_UPLOAD},
                                                                       {"recreation", Creation::KIND_RECREATION}};
  return *kinds;
}

std::string KindWord(Creation::Kind kind) {
  for (const auto& [word, value] : Kinds()) {
    if (value == kind) return word;
  }
  return "?";
}

std::string DisplayName(const Creation& creation) {
  return creation.has_asset_group() ? creation.asset_group().display_name() : creation.asset().display_name();
}

std::string ResourceName(const Creation& creation) {
  return creation.has_asset_group() ? creation.asset_group().name() : creation.asset().name();
}

std::string Label(const Creation& creation) {
  return absl::StrCat(KindWord(creation.kind()), " ", OneLine(creation.request_id()), " (\"",
                      OneLine(DisplayName(creation)), "\")");
}

absl::StatusOr<Listing<Creation>> ReadInDoubt(Session& session, int64_t limit) {
  return ReadPages<Creation>(
      gateway::v1::ListCreationsInDoubtRequest(), limit,
      [&](const auto& request) { return session.client().ListCreationsInDoubt(request, session.call()); },
      [](const auto& page) { return page.creations(); });
}

int ListCreations(Session& session, int64_t limit) {
  const auto listing = ReadInDoubt(session, limit);
  if (!listing.ok()) return session.Fail("listing creations in doubt", listing.status());
  std::vector<std::vector<Cell>> rows;
  for (const Creation& creation : listing->items) {
    rows.push_back({KindWord(creation.kind()), OneLine(creation.request_id()), OneLine(DisplayName(creation)),
                    FormatAbsolute(creation.create_time())});
  }
  const View view = session.view();
  session.console.out << (session.table() ? RenderTable({{"KIND"}, {"REQUEST ID"}, {"DISPLAY NAME"}, {"SENT"}}, rows,
                                                        view.width, view.color)
                                          : PrintAll(listing->items, session.format()));
  if (listing->more) session.Note("there are more; --limit 0 lists all");
  return kExitOk;
}

// What a person can do about a creation that stays in doubt.
std::string NextSteps(const Session& session, const ReconcileCreationResponse& answer) {
  const Creation& creation = answer.creation();
  std::string text = absl::StrCat(Label(creation), ": still unknown\n");
  for (const auto& candidate : answer.candidates()) {
    absl::StrAppend(&text, "  the vendor has ", OneLine(candidate.upstream_id()), " \"",
                    OneLine(candidate.display_name()), "\"",
                    candidate.has_create_time() ? ", made " + FormatAbsolute(candidate.create_time()) : "", "\n");
  }
  const std::string command =
      absl::StrCat("creations reconcile ", KindWord(creation.kind()), " '", creation.request_id(), "' ");
  absl::StrAppend(&text, "  if the vendor made it:  ", session.CommandLine(command + "--upstream-id ID"), "\n");
  absl::StrAppend(&text, "  if it did not:          ", session.CommandLine(command + "--not-accepted"), "\n");
  return text;
}

std::string SettledText(const Creation& creation) {
  if (creation.state() == Creation::STATE_NOT_ACCEPTED) {
    return absl::StrCat(Label(creation), ": it was never taken; the same request id may be sent again\n");
  }
  return absl::StrCat(Label(creation), ": it is ", OneLine(ResourceName(creation)), "\n");
}

int ReconcileOne(Session& session, const ReconcileCreationRequest& request,
                 std::vector<ReconcileCreationResponse>& answers) {
  const auto answer = session.client().ReconcileCreation(request, session.call());
  if (!answer.ok()) return session.Fail("reconciling creation " + request.request_id(), answer.status());
  answers.push_back(*answer);
  const bool settled = answer->creation().state() != Creation::STATE_IN_DOUBT;
  if (session.table()) {
    session.console.out << (settled ? SettledText(answer->creation()) : NextSteps(session, *answer)) << std::flush;
  }
  return settled ? kExitOk : kExitOutcomeUnknown;
}

int ReconcileAllCreations(Session& session) {
  const auto listing = ReadInDoubt(session, 0);
  if (!listing.ok()) return session.Fail("listing creations in doubt", listing.status());
  std::vector<ReconcileCreationResponse> answers;
  int worst = kExitOk;
  size_t settled = 0;
  for (const Creation& creation : listing->items) {
    ReconcileCreationRequest request;
    request.set_kind(creation.kind());
    request.set_request_id(creation.request_id());
    const int code = ReconcileOne(session, request, answers);
    if (code == kExitOk) ++settled;
    if (code != kExitOk && (worst == kExitOk || worst == kExitOutcomeUnknown)) worst = code;
    if (code == kExitInterrupted) break;
  }
  if (!session.table()) session.console.out << PrintAll(answers, session.format());
  session.Note(listing->items.empty() ? "no creation is in doubt"
                                      : absl::StrCat(settled, " of ", listing->items.size(), " creations settled"));
  return worst;
}

int ReconcileCreations(Session& session, const ReconcileArguments& arguments) {
  const bool verdict = arguments.not_accepted || !arguments.upstream_id.empty();
  if (arguments.kind.empty() && !verdict) return ReconcileAllCreations(session);
  if (arguments.kind.empty() || arguments.request_id.empty()) {
    return session.Fail("reconciling", absl::InvalidArgumentError("give the kind and the request id of one creation"));
  }
  ReconcileCreationRequest request;
  request.set_kind(Kinds().at(arguments.kind));
  request.set_request_id(arguments.request_id);
  if (!arguments.upstream_id.empty()) request.set_upstream_id(arguments.upstream_id);
  if (arguments.not_accepted) request.set_not_accepted(true);
  std::vector<ReconcileCreationResponse> answers;
  const int code = ReconcileOne(session, request, answers);
  if (!session.table() && !answers.empty()) session.console.out << Print(answers.front(), session.format());
  return code;
}

std::vector<std::string> KindWords() {
  std::vector<std::string> words;
  for (const auto& [word, kind] : Kinds()) words.push_back(word);
  return words;
}

void AddCreationList(CLI::App& noun, Session& session) {
  auto limit = std::make_shared<int64_t>(50);
  CLI::App* command = AddCommand(noun, session, "list", "list creations in doubt, newest first",
                                 {"seedancectl creations list", "seedancectl creations list --limit 0 -o json"},
                                 [&session, limit] { return ListCreations(session, *limit); });
  command->add_option("--limit", *limit, "most creations to list, 0 for all (default 50)")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));
}

void AddReconcile(CLI::App& noun, Session& session) {
  auto arguments = std::make_shared<ReconcileArguments>();
  CLI::App* command = AddCommand(noun, session, "reconcile", "settle creations whose answer was lost",
                                 {"seedancectl creations reconcile", "seedancectl creations reconcile asset $ID",
                                  "seedancectl creations reconcile asset $ID --upstream-id asset-20261128-abcde",
                                  "seedancectl creations reconcile group $ID --not-accepted"},
                                 [&session, arguments] { return ReconcileCreations(session, *arguments); });
  command->add_option("KIND", arguments->kind, "group, asset, upload or recreation; without it, all in doubt")
      ->check(CLI::IsMember(KindWords()));
  command->add_option("REQUEST_ID", arguments->request_id, "as in the list");
  CLI::Option* id = command->add_option("--upstream-id", arguments->upstream_id, "the vendor made it, under this id");
  command->add_flag("--not-accepted", arguments->not_accepted, "the vendor never took it: it may be sent again")
      ->excludes(id);
}

}  // namespace

void AddCreationCommands(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "creations", "groups and assets of which it is not known whether they were made",
                           {"seedancectl creations list", "seedancectl creations reconcile"});
  AddCreationList(*noun, session);
  AddReconcile(*noun, session);
}

}  // namespace seedance::client::ctl
