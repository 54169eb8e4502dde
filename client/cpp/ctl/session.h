#ifndef SEEDANCE_CLIENT_CPP_CTL_SESSION_H_
#define SEEDANCE_CLIENT_CPP_CTL_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/cpp/client.h"
#include "client/cpp/ctl/console.h"
#include "client/cpp/ctl/contexts.h"
#include "client/cpp/ctl/output.h"
#include "client/cpp/ctl/view.h"

namespace seedance::client::ctl {

// The options that every command takes.
struct GlobalOptions {
  Connection connection;  // What the command line says of it.
  std::string context;    // Empty: the current one.
  std::string output = "table";
  std::string timeout;  // Empty: the client's defaults.
  bool no_color = false;
};

// What a command has at hand: console, options, client. Used by one thread.
class Session {
 public:
  explicit Session(Console& session_console) : console(session_console) {}

  // Makes the client from the options and the context. INVALID_ARGUMENT or FAILED_PRECONDITION says which option is
  // wrong.
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

  Format format() const { return FormatOf(options.output); }
  // Whether results are for people.
  bool table() const { return format() == Format::kTable; }
  // Whether a line on stderr may be redrawn.
  bool live() const { return console.err_is_terminal && (table() || !console.out_is_terminal); }
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
  bool offline = false;  // The command needs no gateway.

 private:
  Connection connection_;  // That Connect chose.
  std::optional<absl::Duration> timeout_;
  std::unique_ptr<Client> client_;
};

// Reads `90s`, `5m`, `1h30m`, or a number of seconds. INVALID_ARGUMENT unless positive.
absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_SESSION_H_
