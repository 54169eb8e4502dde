#include <google/protobuf/struct.pb.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/contexts.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/table.h"

namespace seedance::client::ctl {
namespace {

google::protobuf::Struct ObjectOf(const std::string& name, const Connection& connection, bool current) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["name"].set_string_value(name);
  fields["current"].set_bool_value(current);
  fields["tls"].set_bool_value(connection.UsesTls());
  for (const ConnectionField& field : ConnectionFields()) {
    const std::string& value = connection.*field.value;
    if (!value.empty()) fields[field.key].set_string_value(value);
  }
  return object;
}

int ListContexts(Session& session) {
  const absl::StatusOr<Contexts> contexts = ReadContexts(session.console.config_file);
  if (!contexts.ok()) return session.Fail("reading the contexts", contexts.status());
  std::vector<std::vector<Cell>> rows;
  std::vector<google::protobuf::Struct> objects;
  for (const auto& [name, connection] : contexts->named) {
    const bool current = name == contexts->current;
    objects.push_back(ObjectOf(name, connection, current));
    rows.push_back(
        {current ? "*" : "", name, connection.endpoint, connection.UsesTls() ? "yes" : "no", connection.token_file});
  }
  const View view = session.view();
  if (!session.table()) {
    session.console.out << PrintAll(objects, session.format());
  } else if (!rows.empty()) {
    session.console.out << RenderTable({{"CURRENT"}, {"NAME"}, {"ENDPOINT"}, {"TLS"}, {"TOKEN FILE", /*shrinks=*/true}},
                                       rows, view.width, view.color);
  }
  return kExitOk;
}

// Changes the file by `change`, which says why it cannot.
template <typename Change>
int Rewrite(Session& session, const std::string& what, Change change) {
  const std::string& path = session.console.config_file;
  absl::StatusOr<Contexts> contexts = ReadContexts(path);
  absl::Status done = contexts.ok() ? change(*contexts) : contexts.status();
  if (done.ok()) done = WriteContexts(path, *contexts);
  return done.ok() ? static_cast<int>(kExitOk) : session.Fail(what, done);
}

absl::Status Missing(const std::string& name) {
  return absl::NotFoundError(absl::StrCat("there is no context ", name));
}

// The context is used from other folders.
Connection WithWholePaths(Connection connection) {
  for (const ConnectionField& field : ConnectionFields()) {
    std::string& value = connection.*field.value;
    if (field.is_file && !value.empty()) value = std::filesystem::absolute(value).lexically_normal().string();
  }
  return connection;
}

int SetContext(Session& session, const std::string& name) {
  return Rewrite(session, "setting context " + name, [&session, &name](Contexts& contexts) {
    if (name.empty()) return absl::InvalidArgumentError("a context needs a name");
    if (session.options.connection.endpoint.empty()) {
      return absl::InvalidArgumentError("say with --endpoint where the gateway of this context is");
    }
    contexts.named[name] = WithWholePaths(session.options.connection);
    if (contexts.current.empty()) contexts.current = name;
    return absl::OkStatus();
  });
}

int UseContext(Session& session, const std::string& name) {
  return Rewrite(session, "choosing context " + name, [&name](Contexts& contexts) {
    if (contexts.named.count(name) == 0) return Missing(name);
    contexts.current = name;
    return absl::OkStatus();
  });
}

int DeleteContext(Session& session, const std::string& name) {
  return Rewrite(session, "deleting context " + name, [&name](Contexts& contexts) {
    if (contexts.named.erase(name) == 0) return Missing(name);
    if (contexts.current == name) contexts.current.clear();
    return absl::OkStatus();
  });
}

// A command about one context.
void AddNamed(CLI::App& noun, Session& session, const std::string& verb, const std::string& help,
              const std::string& example, int (*run)(Session&, const std::string&)) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(noun, session, verb, help, {example}, [&session, name, run] { return run(session, *name); });
  command->add_option("NAME", *name, "name of the context")->required();
}

}  // namespace

void AddContextCommands(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "contexts", "gateways by name, in ~/.config/seedancectl/config.yaml (env SEEDANCE_CONFIG)",
              {"seedancectl contexts set studio --endpoint gateway.example:443 --tls --token-file ~/token",
               "seedancectl contexts use studio", "seedancectl --context studio tasks list"});
  NeedsNoGateway(noun, session);
  AddCommand(*noun, session, "list", "show all contexts", {"seedancectl contexts list"},
             [&session] { return ListContexts(session); });
  AddNamed(*noun, session, "set", "keep the connection options under a name",
           "seedancectl contexts set local --endpoint 127.0.0.1:8443", SetContext);
  AddNamed(*noun, session, "use", "make a context the current one", "seedancectl contexts use studio", UseContext);
  AddNamed(*noun, session, "delete", "forget a context", "seedancectl contexts delete studio", DeleteContext);
}

}  // namespace seedance::client::ctl
