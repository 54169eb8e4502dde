#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/pages.h"
#include "client/cpp/request_id.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::AssetGroup;

struct CreateArguments {
  gateway::v1::CreateAssetGroupRequest request;
  std::string request_id;
};

int Show(Session& session, const std::string& what, const absl::StatusOr<AssetGroup>& group) {
  if (!group.ok()) return session.Fail(what, group.status());
  session.console.out << (session.table() ? RenderGroup(*group, session.view()) : Print(*group, session.format()));
  return kExitOk;
}

int Create(Session& session, const CreateArguments& arguments) {
  gateway::v1::CreateAssetGroupRequest request = arguments.request;
  request.set_request_id(arguments.request_id.empty() ? NewRequestId() : arguments.request_id);
  const absl::StatusOr<AssetGroup> group = session.client().CreateAssetGroup(request, session.call());
  if (request.validate_only()) return Show(session, "validating the group", group);
  if (!group.ok()) return session.Fail("creating the group", group.status(), request.request_id());
  session.console.out << (session.table() ? group->name() + "\n" : Print(*group, session.format()));
  return kExitOk;
}

struct GroupFilter {
  gateway::v1::ListAssetGroupsRequest request;
  int64_t limit = 50;
};

int List(Session& session, const GroupFilter& arguments) {
  const auto listing = ReadPages<AssetGroup>(
      arguments.request, arguments.limit,
      [&](const auto& request) { return session.client().ListAssetGroups(request, session.call()); },
      [](const auto& page) { return page.asset_groups(); });
  if (!listing.ok()) return session.Fail("listing groups", listing.status());
  session.console.out << (session.table() ? RenderGroups(listing->items, session.view())
                                          : PrintAll(listing->items, session.format()));
  if (listing->more) session.Note("there are more; --limit 0 lists all");
  return kExitOk;
}

void AddType(CLI::App* command, const std::string& help, std::function<void(gateway::v1::GroupType)> set) {
  command
      ->add_option_function<std::string>(
          "--type",
          [set = std::move(set)](const std::string& word) {
            gateway::v1::GroupType type = gateway::v1::GROUP_TYPE_UNSPECIFIED;
            gateway::v1::GroupType_Parse("GROUP_TYPE_" + absl::AsciiStrToUpper(word), &type);
            set(type);
          },
          help)
      ->check(CLI::IsMember({"aigc", "liveness_face"}));
}

void AddCreate(CLI::App& noun, Session& session) {
  auto arguments = std::make_shared<CreateArguments>();
  CLI::App* command = AddCommand(noun, session, "create", "create a group (the vendor may bill it); prints its name",
                                 {"seedancectl groups create heroes --description \"cast of season 1\""},
                                 [&session, arguments] { return Create(session, *arguments); });
  AssetGroup& group = *arguments->request.mutable_asset_group();
  command
      ->add_option_function<std::string>(
          "NAME", [&group](const std::string& name) { group.set_display_name(name); }, "display name, 1-64 characters")
      ->required();
  command->add_option_function<std::string>(
      "--description", [&group](const std::string& text) { group.set_description(text); }, "free text");
  command->add_option_function<std::string>(
      "--upstream", [&group](const std::string& name) { group.set_upstream(name); }, "vendor that holds the group");
  AddType(command, "what its assets show: aigc (default), or liveness_face: one verified person",
          [&group](gateway::v1::GroupType type) { group.set_group_type(type); });
  command->add_option("--request-id", arguments->request_id, "UUID of an earlier try, so as not to pay twice");
  command->add_flag_callback(
      "--validate-only", [arguments] { arguments->request.set_validate_only(true); },
      "create nothing; show what it would cost");
}

void AddGroupList(CLI::App& noun, Session& session) {
  auto arguments = std::make_shared<GroupFilter>();
  CLI::App* command =
      AddCommand(noun, session, "list", "list groups, newest first",
                 {"seedancectl groups list --contains hero", "seedancectl groups list --limit 0 -o json"},
                 [&session, arguments] { return List(session, *arguments); });
  auto& request = arguments->request;
  command->add_option_function<std::string>(
      "--upstream", [&request](const std::string& name) { request.set_upstream(name); }, "only of this vendor");
  command->add_option_function<std::string>(
      "--contains", [&request](const std::string& text) { request.set_display_name_contains(text); },
      "only with this text in the display name");
  AddType(command, "only of this type: aigc or liveness_face",
          [&request](gateway::v1::GroupType type) { request.set_group_type(type); });
  command->add_flag_callback(
      "--read-upstream", [&request] { request.set_read_upstream(true); }, "read the vendor's own list first");
  command->add_option("--limit", arguments->limit, "most groups to list, 0 for all (default 50)")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000}));
}

void AddGet(CLI::App& noun, Session& session) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(noun, session, "get", "show one group", {"seedancectl groups get anyfast~group-1"}, [&session, name] {
        return Show(session, "reading " + GroupName(*name),
                    session.client().GetAssetGroup(GroupName(*name), session.call()));
      });
  command->add_option("NAME", *name, "the group")->required();
}

void AddUpdate(CLI::App& noun, Session& session) {
  auto request = std::make_shared<gateway::v1::UpdateAssetGroupRequest>();
  CLI::App* command = AddCommand(noun, session, "update", "change display name or description",
                                 {"seedancectl groups update anyfast~group-1 --name villains",
                                  "seedancectl groups update anyfast~group-1 --description \"\""},
                                 [&session, request] {
                                   if (request->update_mask().paths().empty()) {
                                     return session.Fail("updating the group",
                                                         absl::InvalidArgumentError("give --name or --description"));
                                   }
                                   return Show(session, "updating " + request->asset_group().name(),
                                               session.client().UpdateAssetGroup(*request, session.call()));
                                 });
  command
      ->add_option_function<std::string>(
          "NAME", [request](const std::string& name) { request->mutable_asset_group()->set_name(GroupName(name)); },
          "the group")
      ->required();
  command->add_option_function<std::string>(
      "--name",
      [request](const std::string& name) {
        request->mutable_asset_group()->set_display_name(name);
        request->mutable_update_mask()->add_paths("display_name");
      },
      "new display name");
  command->add_option_function<std::string>(
      "--description",
      [request](const std::string& text) {
        request->mutable_asset_group()->set_description(text);
        request->mutable_update_mask()->add_paths("description");
      },
      "new description");
}

void AddGroupDelete(CLI::App& noun, Session& session) {
  auto request = std::make_shared<gateway::v1::DeleteAssetGroupRequest>();
  CLI::App* command = AddCommand(noun, session, "delete", "delete a group",
                                 {"seedancectl groups delete anyfast~group-1 --force"}, [&session, request] {
                                   const absl::Status status =
                                       session.client().DeleteAssetGroup(*request, session.call());
                                   if (!status.ok()) return session.Fail("deleting " + request->name(), status);
                                   session.Note("deleted " + request->name());
                                   return static_cast<int>(kExitOk);
                                 });
  command
      ->add_option_function<std::string>(
          "NAME", [request](const std::string& name) { request->set_name(GroupName(name)); }, "the group")
      ->required();
  command->add_flag_callback(
      "--force", [request] { request->set_force(true); }, "even if it holds assets");
  command->add_flag_callback(
      "--allow-missing", [request] { request->set_allow_missing(true); }, "succeed if it does not exist");
}

}  // namespace

void AddGroupCommands(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "groups", "containers of assets", {"seedancectl groups create heroes", "seedancectl groups list"});
  AddCreate(*noun, session);
  AddGroupList(*noun, session);
  AddGet(*noun, session);
  AddUpdate(*noun, session);
  AddGroupDelete(*noun, session);
}

}  // namespace seedance::client::ctl
