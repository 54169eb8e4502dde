#ifndef SEEDANCE_CLIENT_CPP_CTL_CONSOLE_H_
#define SEEDANCE_CLIENT_CPP_CTL_CONSOLE_H_

#include <functional>
#include <ostream>
#include <string>

#include "client/cpp/canceller.h"
#include "client/cpp/retry.h"

namespace seedance::client::ctl {

// The world around a run of seedancectl. main() fills it from the process, tests from strings.
struct Console {
  Console(std::ostream& results, std::ostream& messages) : out(results), err(messages) {}

  std::ostream& out;  // Results.
  std::ostream& err;  // Progress, notes and errors.
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::function<int()> width = [] { return 80; };  // Columns of the terminal, asked each time.
  bool no_color = false;                           // NO_COLOR is set.
  std::string endpoint;                            // SEEDANCE_ENDPOINT.
  std::string token;                               // SEEDANCE_TOKEN.
  std::string context;                             // SEEDANCE_CONTEXT.
  std::string config_file;                         // With the contexts (contexts.h); empty: there is none.
  Canceller* interrupt = nullptr;                  // Cancelled by Ctrl-C.
  Timing timing;                                   // Default: real.
};

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_CONSOLE_H_
