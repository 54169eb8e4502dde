#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/view.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Model;

int List(Session& session, const std::string& upstream) {
  const absl::StatusOr<gateway::v1::ListModelsResponse> list = session.client().ListModels(upstream, session.call());
  if (!list.ok()) return session.Fail("listing models", list.status());
  const std::vector<Model> models(list->models().begin(), list->models().end());
  session.console.out << (session.table() ? RenderModels(models, session.view()) : PrintAll(models, session.format()));
  return kExitOk;
}

}  // namespace

void AddModelCommands(CLI::App& app, Session& session) {
  CLI::App* noun = AddNoun(app, "models", "what the vendors' models accept", {"seedancectl models list"});
  auto upstream = std::make_shared<std::string>();
  CLI::App* command = AddCommand(*noun, session, "list", "list models with their limits",
                                 {"seedancectl models list --upstream anyfast", "seedancectl models list -o json"},
                                 [&session, upstream] { return List(session, *upstream); });
  command->add_option("--upstream", *upstream, "only of this upstream");
}

}  // namespace seedance::client::ctl
