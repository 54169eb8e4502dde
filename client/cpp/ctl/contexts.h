#ifndef SEEDANCE_CLIENT_CPP_CTL_CONTEXTS_H_
#define SEEDANCE_CLIENT_CPP_CTL_CONTEXTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/ctl/console.h"

namespace seedance::client::ctl {

// How to reach a gateway. Empty: not said.
struct Connection {
  std::string endpoint;  // host:port.
  std::string token_file;
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  std::string server_name;
  bool tls = false;

  bool UsesTls() const { return tls || !ca_file.empty() || !certificate_file.empty(); }
};

// A text of a Connection.
struct ConnectionField {
  const char* option;  // Of the command line, without `--`.
  const char* key;     // In the file.
  std::string Connection::*value;
  bool is_file;
  const char* type;  // In help texts.
  const char* help;
};
const std::vector<ConnectionField>& ConnectionFields();

// The file with the connections that have a name:
//
//   current: studio
//   contexts:
//     studio: {endpoint: "gateway.example:443", tls: true, token_file: /home/ana/token}
//
// Tests: tests/unit/client/ctl/contexts_test.cc
struct Contexts {
  std::string current;  // Empty: none.
  std::map<std::string, Connection> named;
};

// No file: no contexts. INVALID_ARGUMENT names the place of what cannot be read or is not known.
absl::StatusOr<Contexts> ReadContexts(const std::string& path);

// Writes the file as a whole, readable by its owner alone; makes its folder.
absl::Status WriteContexts(const std::string& path, const Contexts& contexts);

// The connection of a command: what `given` says, completed by a context, else by the environment, else
// 127.0.0.1:8443. The context is `name` (--context); without it and without a typed endpoint that of SEEDANCE_CONTEXT;
// without an endpoint in the environment either, the current one. So the token of a context that nobody typed never
// goes to another gateway. INVALID_ARGUMENT for a context that does not exist.
absl::StatusOr<Connection> ChooseConnection(const Console& console, const Connection& given, const std::string& name);

// The token of the environment for that connection: none for the gateway of a context where SEEDANCE_ENDPOINT names
// another one.
std::string TokenFor(const Connection& chosen, const Console& console, const Connection& given);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_CONTEXTS_H_
