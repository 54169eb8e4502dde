#include <httplib.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"

namespace seedance::client::ctl {
namespace {

constexpr int kSeconds = 10;

int ShowReplicas(Session& session, const std::string& admin) {
  const std::string url = absl::StrContains(admin, "://") ? admin : absl::StrCat("http://", admin);
  httplib::Client client(url);
  client.set_connection_timeout(kSeconds);
  client.set_read_timeout(kSeconds);
  const httplib::Result answer = client.Get("/replicas");
  if (!answer) {
    session.Note(absl::StrCat("error: no answer from ", url, ", which has to be admin.listen of a gateway"));
    return kExitUnavailable;
  }
  if (answer->status != 200) {
    session.Note(absl::StrCat("error: ", url, "/replicas answered ", answer->status, ": ", answer->body));
    return kExitUnavailable;
  }
  session.console.out << answer->body;
  return kExitOk;
}

}  // namespace

void AddReplicasCommand(CLI::App& app, Session& session) {
  auto admin = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, session, "replicas", "show the gateways that share a store, and their shards",
                                 {"seedancectl replicas --admin 127.0.0.1:9090"},
                                 [&session, admin] { return ShowReplicas(session, *admin); });
  NeedsNoGateway(command, session);
  command->add_option("--admin", *admin, "host:port of a gateway's admin.listen")->type_name("HOST:PORT")->required();
}

}  // namespace seedance::client::ctl
