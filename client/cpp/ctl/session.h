#ifndef SEEDANCE_CLIENT_CPP_CTL_SESSION_H_
#define SEEDANCE_CLIENT_CPP_CTL_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/cpp/client.h"
#include "client/cpp/ctl/console.h"
#include "client/cpp/ctl/view.h"

namespace seedance::client::ctl {

// The options that every command takes.
struct GlobalOptions {
  std::string endpoint = "127.0.0.1:8443";
  bool endpoint_given = false;  // On the command line, not by the environment.
  std::string token_file;
  bool tls = false;
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  std::string server_name;
  std::string output = "table";
  std::string timeout;  // Empty: the client's defaults.
  bool no_color = false;
};

// What a command has at hand: console, options, client. Used by one thread.
class Session {
 public:
  explicit Session(Console& session_console) : console(session_console) {}

  // Makes the client from the options. INVALID_ARGUMENT or FAILED_PRECONDITION says which option is wrong.
  absl::Status Connect();
  // After Connect.
  Client& client() { return *client_; }

  // Time limit and Ctrl-C for a call.
  CallOptions call() const;
  template <typename Options>
  Options CallAs() const {
    Options made;
    static_cast<CallOptions&>(made) = call();
    return made;
  }

  bool json() const { return options.output == "json"; }
  // Whether a line on stderr may be redrawn.
  bool live() const { return console.err_is_terminal && !(json() && console.out_is_terminal); }
  bool color_out() const { return console.out_is_terminal && !options.no_color && !console.no_color; }
  absl::Time Now() const { return console.timing.now ? console.timing.now() : absl::Now(); }
  // How to show results on stdout.
  View view() const;

  // Writes a line for people to stderr.
  void Note(const std::string& text);
  // Reports that `what` failed and gives the exit code. With the `request_id` of a create, says how to try again
  // without paying twice, where that can help.
  int Fail(const std::string& what, const absl::Status& status, const std::string& request_id = "");
  // `seedancectl <arguments>` with the options needed to reach the same gateway.
  std::string CommandLine(const std::string& arguments) const;

  Console& console;
  GlobalOptions options;
  // Set while the command line is read; gives the exit code.
  std::function<int()> command;

 private:
  std::optional<absl::Duration> timeout_;
  std::unique_ptr<Client> client_;
};

// Reads `90s`, `5m`, `1h30m`, or a number of seconds. INVALID_ARGUMENT unless positive.
absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_SESSION_H_
