#include "client/cpp/ctl/contexts.h"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace seedance::client::ctl {
namespace {

namespace fs = std::filesystem;

absl::Status Wrong(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

// Throws YAML::Exception for a value that is no text or no truth.
absl::Status ReadConnection(const std::string& path, const std::string& name, const YAML::Node& node,
                            Connection& connection) {
  if (!node.IsMap()) return Wrong(path, absl::StrCat("contexts.", name, " has no members"));
  for (const auto& member : node) {
    const std::string key = member.first.as<std::string>();
    const auto field = std::find_if(ConnectionFields().begin(), ConnectionFields().end(),
                                    [&key](const ConnectionField& each) { return each.key == key; });
    if (field != ConnectionFields().end()) {
      connection.*field->value = member.second.as<std::string>();
    } else if (key == "tls") {
      connection.tls = member.second.as<bool>();
    } else {
      return Wrong(path, absl::StrCat("contexts.", name, ".", key, " is not known"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Contexts> ParseContexts(const std::string& path, const YAML::Node& root) {
  Contexts contexts;
  if (!root.IsMap()) return Wrong(path, "not a map with `current` and `contexts`");
  for (const auto& member : root) {
    const std::string key = member.first.as<std::string>();
    if (key == "current") {
      contexts.current = member.second.as<std::string>();
    } else if (key == "contexts" && member.second.IsMap()) {
      for (const auto& each : member.second) {
        const std::string name = each.first.as<std::string>();
        const absl::Status read = ReadConnection(path, name, each.second, contexts.named[name]);
        if (!read.ok()) return read;
      }
    } else {
      return Wrong(path, absl::StrCat(key, " is not known, or not a map"));
    }
  }
  return contexts;
}

std::string TextOf(const Contexts& contexts) {
  YAML::Emitter text;
  text << YAML::BeginMap;
  if (!contexts.current.empty()) text << YAML::Key << "current" << YAML::Value << contexts.current;
  text << YAML::Key << "contexts" << YAML::Value << YAML::BeginMap;
  for (const auto& [name, connection] : contexts.named) {
    text << YAML::Key << name << YAML::Value << YAML::BeginMap;
    for (const ConnectionField& field : ConnectionFields()) {
      const std::string& value = connection.*field.value;
      if (!value.empty()) text << YAML::Key << field.key << YAML::Value << YAML::DoubleQuoted << value;
    }
    if (connection.tls) text << YAML::Key << "tls" << YAML::Value << true;
    text << YAML::EndMap;
  }
  text << YAML::EndMap << YAML::EndMap;
  return absl::StrCat(text.c_str(), "\n");
}

absl::Status CannotWrite(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

// What `given` does not say is as in `otherwise`.
Connection Merged(Connection given, const Connection& otherwise) {
  for (const ConnectionField& field : ConnectionFields()) {
    std::string& value = given.*field.value;
    if (value.empty()) value = otherwise.*field.value;
  }
  given.tls = given.tls || otherwise.tls;
  return given;
}

}  // namespace

const std::vector<ConnectionField>& ConnectionFields() {
  static const auto* const fields = new std::vector<ConnectionField>{
      {"endpoint", "endpoint", &Connection::endpoint, false, "HOST:PORT",
       "host:port of the gateway (env SEEDANCE_ENDPOINT, default 127.0.0.1:8443)"},
      {"token-file", "token_file", &Connection::token_file, true, "FILE",
       "file with the bearer token (or env SEEDANCE_TOKEN)"},
      {"ca-file", "ca_file", &Connection::ca_file, true, "FILE", "PEM authorities of the gateway; implies --tls"},
      {"certificate-file", "certificate_file", &Connection::certificate_file, true, "FILE",
       "PEM certificate for a gateway that asks for one; implies --tls"},
      {"private-key-file", "private_key_file", &Connection::private_key_file, true, "FILE",
       "PEM key of --certificate-file"},
      {"server-name", "server_name", &Connection::server_name, false, "NAME",
       "name in the gateway's certificate, if not that of --endpoint"},
  };
  return *fields;
}

absl::StatusOr<Contexts> ReadContexts(const std::string& path) {
  if (path.empty() || !fs::exists(path)) return Contexts();
  try {
    return ParseContexts(path, YAML::LoadFile(path));
  } catch (const YAML::Exception& error) {
    return Wrong(path, error.what());
  }
}

absl::Status WriteContexts(const std::string& path, const Contexts& contexts) {
  if (path.empty()) return absl::FailedPreconditionError("no home folder: say with SEEDANCE_CONFIG where the file is");
  std::error_code made;
  fs::create_directories(fs::path(path).parent_path(), made);
  // A new file that takes its place: who reads it meanwhile reads a whole one.
  const std::string part = path + ".part";
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(part);
  const std::string text = TextOf(contexts);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !written || rename(part.c_str(), path.c_str()) != 0) return CannotWrite(path);
  return absl::OkStatus();
}

absl::StatusOr<Connection> ChooseConnection(const Console& console, const Connection& given, const std::string& name) {
  Connection chosen = given;
  std::string context = name;
  if (context.empty() && given.endpoint.empty()) context = console.context;
  const bool elsewhere = !given.endpoint.empty() || !console.endpoint.empty();
  if (!context.empty() || !elsewhere) {
    absl::StatusOr<Contexts> contexts = ReadContexts(console.config_file);
    if (!contexts.ok()) return contexts.status();
    if (context.empty()) context = contexts->current;
    const auto found = contexts->named.find(context);
    if (found != contexts->named.end()) {
      chosen = Merged(std::move(chosen), found->second);
    } else if (!context.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("no context ", context, " in ", console.config_file,
                                                     "; `seedancectl contexts list` shows those that there are"));
    }
  }
  if (chosen.endpoint.empty()) chosen.endpoint = console.endpoint;
  if (chosen.endpoint.empty()) chosen.endpoint = "127.0.0.1:8443";
  return chosen;
}

std::string TokenFor(const Connection& chosen, const Console& console, const Connection& given) {
  const bool of_another = given.endpoint.empty() && !console.endpoint.empty() && chosen.endpoint != console.endpoint;
  return of_another ? "" : console.token;
}

}  // namespace seedance::client::ctl
