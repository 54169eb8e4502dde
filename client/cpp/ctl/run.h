#ifndef SEEDANCE_CLIENT_CPP_CTL_RUN_H_
#define SEEDANCE_CLIENT_CPP_CTL_RUN_H_

#include "client/cpp/ctl/console.h"

namespace seedance::client::ctl {

// The whole of seedancectl but for the process around it: reads the command line, runs the command, gives the exit
// code (exit_code.h).
int Run(int argc, const char* const* argv, Console& console);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_RUN_H_
