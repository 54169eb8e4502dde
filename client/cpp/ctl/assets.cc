#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/follow.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/pages.h"
#include "client/cpp/request_id.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Asset;

constexpr char kTypes[] = "image, video or audio";

// What upload and create have in common.
struct NewAsset {
  Asset asset;
  std::string group;
  std::string type;
  std::string source;  // File or URL.
  std::string request_id;
  bool validate = false;       // Of a URL.
  bool validate_only = false;  // Of a URL.
  bool reuse = false;
  bool wait = false;
};

void AddNewAssetOptions(CLI::App* command, NewAsset& arguments) {
  command->add_option("-g,--group", arguments.group, "group that will hold the asset")->required();
  command->add_option_function<std::string>(
      "-n,--name", [&arguments](const std::string& name) { arguments.asset.set_display_name(name); },
      "display name inside the group, 1-64 characters");
  command->add_option("--type", arguments.type, kTypes)->check(CLI::IsMember({"image", "video", "audio"}));
  command->add_option_function<std::string>(
      "--rights-note", [&arguments](const std::string& note) { arguments.asset.set_rights_note(note); },
      "record of the right to use the face or work; kept by the gateway alone");
  command->add_option("--request-id", arguments.request_id, "UUID of an earlier try, so as not to pay twice");
  command->add_flag("--reuse", arguments.reuse, "take an asset of the group that has the same bytes, if there is one");
  command->add_flag("--wait", arguments.wait, "wait until the vendor has checked it");
}

gateway::v1::MediaType ParseType(const std::string& word) {
  gateway::v1::MediaType type = gateway::v1::MEDIA_TYPE_UNSPECIFIED;
  gateway::v1::MediaType_Parse("MEDIA_TYPE_" + absl::AsciiStrToUpper(word), &type);
  return type;
}

Asset Wanted(const NewAsset& arguments) {
  Asset asset = arguments.asset;
  asset.set_asset_group(GroupName(arguments.group));
  asset.set_media_type(ParseType(arguments.type));
  return asset;
}

int Show(Session& session, const std::string& what, const absl::StatusOr<Asset>& asset) {
  if (!asset.ok()) return session.Fail(what, asset.status());
  session.console.out << (session.table() ? RenderAsset(*asset, session.view()) : Print(*asset, session.format()));
  return kExitOk;
}

// Prints the new asset, after waiting for it where asked.
int Finish(Session& session, const NewAsset& arguments, Asset asset) {
  int code = kExitOk;
  if (arguments.wait) {
    const absl::StatusOr<Asset> ended = FollowAsset(session, asset.name());
    if (ended.ok()) {
      asset = *ended;
      code = ExitCodeOf(asset.state());
    } else {
      code = session.Fail("waiting for " + asset.name(), ended.status());
    }
  } else {
    session.Note(absl::StrCat(asset.reused() ? "was there already; " : "", StateWord(asset.state()),
                              "; wait for it with: ", session.CommandLine("assets wait " + asset.name())));
  }
  session.console.out << (session.table() ? asset.name() + "\n" : Print(asset, session.format()));
  return code;
}

int Upload(Session& session, const NewAsset& arguments) {
  gateway::v1::UploadAssetRequest::Metadata metadata;
  *metadata.mutable_asset() = Wanted(arguments);
  if (metadata.asset().display_name().empty()) {
    metadata.mutable_asset()->set_display_name(std::filesystem::path(arguments.source).filename().string());
  }
  metadata.set_reuse_content(arguments.reuse);
  metadata.set_request_id(arguments.request_id.empty() ? NewRequestId() : arguments.request_id);
  const absl::StatusOr<Asset> asset = UploadWithProgress(session, arguments.source, metadata);
  if (!asset.ok()) return session.Fail("uploading " + arguments.source, asset.status(), metadata.request_id());
  return Finish(session, arguments, *asset);
}

int Create(Session& session, const NewAsset& arguments) {
  gateway::v1::CreateAssetRequest request;
  *request.mutable_asset() = Wanted(arguments);
  request.set_uri(arguments.source);
  request.set_validate_media(arguments.validate || arguments.reuse);
  request.set_reuse_content(arguments.reuse);
  request.set_request_id(arguments.request_id.empty() ? NewRequestId() : arguments.request_id);
  request.set_validate_only(arguments.validate_only);
  const absl::StatusOr<Asset> asset = session.client().CreateAsset(request, session.call());
  if (request.validate_only()) return Show(session, "validating the asset", asset);
  if (!asset.ok()) return session.Fail("creating the asset", asset.status(), request.request_id());
  return Finish(session, arguments, *asset);
}

struct AssetFilter {
  gateway::v1::ListAssetsRequest request;
  std::vector<std::string> groups;
  std::string state;
  std::string type;
  std::string group_type;
  int64_t limit = 50;
};

int List(Session& session, const AssetFilter& arguments) {
  gateway::v1::ListAssetsRequest request = arguments.request;
  for (const std::string& group : arguments.groups) request.add_asset_groups(GroupName(group));
  Asset::State state = Asset::STATE_UNSPECIFIED;
  Asset::State_Parse("STATE_" + absl::AsciiStrToUpper(arguments.state), &state);
  request.set_state(state);
  request.set_media_type(ParseType(arguments.type));
  gateway::v1::GroupType group_type = gateway::v1::GROUP_TYPE_UNSPECIFIED;
  gateway::v1::GroupType_Parse("GROUP_TYPE_" + absl::AsciiStrToUpper(arguments.group_type), &group_type);
  request.set_group_type(group_type);
  const auto listing = ReadPages<Asset>(
      request, arguments.limit,
      [&](const auto& page_request) { return session.client().ListAssets(page_request, session.call()); },
      [](const auto& page) { return page.assets(); });
  if (!listing.ok()) return session.Fail("listing assets", listing.status());
  session.console.out << (session.table() ? RenderAssets(listing->items, session.view())
                                          : PrintAll(listing->items, session.format()));
  if (listing->more) session.Note("there are more; --limit 0 lists all");
  return kExitOk;
}

int Rename(Session& session, const std::string& name, const std::string& display_name) {
  gateway::v1::UpdateAssetRequest request;
  request.mutable_asset()->set_name(AssetName(name));
  request.mutable_asset()->set_display_name(display_name);
  request.mutable_update_mask()->add_paths("display_name");
  return Show(session, "renaming " + request.asset().name(), session.client().UpdateAsset(request, session.call()));
}

int NoteRights(Session& session, const std::string& name, const std::string& note) {
  gateway::v1::UpdateAssetRequest request;
  request.mutable_asset()->set_name(AssetName(name));
  request.mutable_asset()->set_rights_note(note);
  request.mutable_update_mask()->add_paths("rights_note");
  return Show(session, "changing " + request.asset().name(), session.client().UpdateAsset(request, session.call()));
}

// The first bad end gives the exit code, but all are waited for.
int Wait(Session& session, const std::vector<std::string>& names) {
  int code = kExitOk;
  for (const std::string& name : names) {
    const absl::StatusOr<Asset> asset = FollowAsset(session, AssetName(name));
    const int one =
        asset.ok() ? ExitCodeOf(asset->state()) : session.Fail("waiting for " + AssetName(name), asset.status());
    if (code == kExitOk) code = one;
    if (one == kExitInterrupted) return one;
    if (!asset.ok()) continue;
    session.console.out << (!session.table() ? PrintNext(*asset, session.format())
                                             : absl::StrCat(asset->name(), " ", StateWord(asset->state()), "\n"))
                        << std::flush;
  }
  return code;
}

int Usage(Session& session, const gateway::v1::GetLibraryUsageRequest& request) {
  const absl::StatusOr<gateway::v1::LibraryUsage> usage = session.client().GetLibraryUsage(request, session.call());
  if (!usage.ok()) return session.Fail("reading the library", usage.status());
  session.console.out << (session.table() ? RenderLibrary(*usage, session.view()) : Print(*usage, session.format()));
  return kExitOk;
}

void AddUsage(CLI::App& noun, Session& session) {
  auto request = std::make_shared<gateway::v1::GetLibraryUsageRequest>();
  CLI::App* command = AddCommand(noun, session, "usage", "show how full the vendor's library of assets is",
                                 {"seedancectl assets usage --upstream piapi"},
                                 [&session, request] { return Usage(session, *request); });
  command->add_option_function<std::string>(
      "--upstream", [request](const std::string& name) { request->set_upstream(name); },
      "whose library; default: the first upstream");
}

void AddCreating(CLI::App& noun, Session& session) {
  auto upload = std::make_shared<NewAsset>();
  CLI::App* command =
      AddCommand(noun, session, "upload", "upload a file as an asset (the vendor may bill it); prints its name",
                 {"seedancectl assets upload hero.png --group $G --wait",
                  "seedancectl assets upload clip --group $G --name dance --type video"},
                 [&session, upload] { return Upload(session, *upload); });
  command->add_option("FILE", upload->source, "the file")->required();
  AddNewAssetOptions(command, *upload);

  auto create = std::make_shared<NewAsset>();
  command = AddCommand(noun, session, "create", "create an asset from a URL that the vendor fetches; prints its name",
                       {"seedancectl assets create --uri https://example.com/hero.png --group $G --name hero --wait"},
                       [&session, create] { return Create(session, *create); });
  command->add_option("--uri", create->source, "https URL or data URI")->required();
  command->add_flag("--validate", create->validate, "let the gateway check the file behind the URL first");
  command->add_flag("--validate-only", create->validate_only, "create nothing; show what it would cost");
  AddNewAssetOptions(command, *create);
  command->get_option("--name")->required();
}

void AddAssetList(CLI::App& noun, Session& session) {
  auto arguments = std::make_shared<AssetFilter>();
  CLI::App* command =
      AddCommand(noun, session, "list", "list assets, newest first",
                 {"seedancectl assets list --group $G --state active", "seedancectl assets list -o json"},
                 [&session, arguments] { return List(session, *arguments); });
  auto& request = arguments->request;
  AddRepeated(command, "-g,--group", arguments->groups, "only of this group; may be repeated");
  command->add_option("--state", arguments->state, "processing, active, failed or expired")
      ->check(CLI::IsMember({"processing", "active", "failed", "expired"}, CLI::ignore_case));
  command->add_option("--type", arguments->type, kTypes)->check(CLI::IsMember({"image", "video", "audio"}));
  command->add_option("--group-type", arguments->group_type, "only in groups of this type: aigc or liveness_face")
      ->check(CLI::IsMember({"aigc", "liveness_face"}));
  command->add_option_function<std::string>(
      "--contains", [&request](const std::string& text) { request.set_display_name_contains(text); },
      "only with this text in the display name");
  command->add_flag_callback(
      "--read-upstream", [&request] { request.set_read_upstream(true); }, "read the vendor's own list first");
  command->add_option("--limit", arguments->limit, "most assets to list, 0 for all (default 50)")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));
}

void AddSmall(CLI::App& noun, Session& session) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(noun, session, "get", "show one asset", {"seedancectl assets get anyfast~asset-1"}, [&session, name] {
        return Show(session, "reading " + AssetName(*name),
                    session.client().GetAsset(AssetName(*name), session.call()));
      });
  command->add_option("NAME", *name, "the asset")->required();

  auto display_name = std::make_shared<std::string>();
  command = AddCommand(noun, session, "rename", "change the display name",
                       {"seedancectl assets rename anyfast~asset-1 \"hero, front\""},
                       [&session, name, display_name] { return Rename(session, *name, *display_name); });
  command->add_option("NAME", *name, "the asset")->required();
  command->add_option("NEW_NAME", *display_name, "new display name")->required();

  auto note = std::make_shared<std::string>();
  command = AddCommand(noun, session, "note-rights", "change the record of the right to use it",
                       {"seedancectl assets note-rights anyfast~asset-1 \"release signed on 2026-11-01\""},
                       [&session, name, note] { return NoteRights(session, *name, *note); });
  command->add_option("NAME", *name, "the asset")->required();
  command->add_option("NOTE", *note, "who gave the right, when and for what; empty: none")->required();

  auto request = std::make_shared<gateway::v1::DeleteAssetRequest>();
  command = AddCommand(noun, session, "delete", "delete an asset", {"seedancectl assets delete anyfast~asset-1"},
                       [&session, request] {
                         const absl::Status status = session.client().DeleteAsset(*request, session.call());
                         if (!status.ok()) return session.Fail("deleting " + request->name(), status);
                         session.Note("deleted " + request->name());
                         return static_cast<int>(kExitOk);
                       });
  command
      ->add_option_function<std::string>(
          "NAME", [request](const std::string& text) { request->set_name(AssetName(text)); }, "the asset")
      ->required();
  command->add_flag_callback(
      "--allow-missing", [request] { request->set_allow_missing(true); }, "succeed if it does not exist");

  auto names = std::make_shared<std::vector<std::string>>();
  command = AddCommand(noun, session, "wait", "wait until assets are active; exit code 9 if one failed",
                       {"seedancectl assets wait $A $B && seedancectl generate --prompt ... --ref $A --ref $B"},
                       [&session, names] { return Wait(session, *names); });
  command->add_option("NAME", *names, "the assets")->required();
}

}  // namespace

void AddAssetCommands(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "assets", "reference images, videos and sounds kept at the vendor",
              {"seedancectl assets upload hero.png --group $G --wait", "seedancectl assets list --group $G"});
  AddCreating(*noun, session);
  AddAssetList(*noun, session);
  AddSmall(*noun, session);
  AddUsage(*noun, session);
}

}  // namespace seedance::client::ctl
