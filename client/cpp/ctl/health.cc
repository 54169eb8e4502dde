#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"

namespace seedance::client::ctl {
namespace {

// 0 or 1 and nothing else: probes of containers give other codes a meaning of their own.
int CheckHealth(Session& session, const std::string& service) {
  const absl::StatusOr<bool> serving = session.client().CheckHealth(service, session.call());
  if (!serving.ok()) {
    session.Fail("health", serving.status());
    return kExitOther;
  }
  session.console.out << (*serving ? "SERVING\n" : "NOT_SERVING\n");
  return *serving ? kExitOk : kExitOther;
}

}  // namespace

void AddHealthCommand(CLI::App& app, Session& session) {
  auto service = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, session, "health", "whether the gateway serves: exit code 0, else 1; for probes",
                                 {"seedancectl health", "seedancectl health --timeout 1s --endpoint 127.0.0.1:8443",
                                  "seedancectl health --service seedance.gateway.v1.GenerationTaskService"},
                                 [&session, service] { return CheckHealth(session, *service); });
  command->add_option("--service", *service, "full name of a gRPC service (default: the server)")->type_name("NAME");
}

}  // namespace seedance::client::ctl
