#ifndef SEEDANCE_TESTS_SANDBOX_COMMAND_H_
#define SEEDANCE_TESTS_SANDBOX_COMMAND_H_

#include <signal.h>

#include <string>
#include <vector>

namespace seedance::sandbox {

// Runs `command` as a child until it ends, and passes SIGTERM and SIGINT on to it. The child's exit code, 128 + the
// signal that ended it, or 127 when it cannot be started. `signals` are SIGTERM, SIGINT and SIGCHLD, blocked in all
// threads; the child starts with none blocked. Also reaps other children, for a container's first process inherits
// them.
int RunCommand(const std::vector<std::string>& command, const sigset_t& signals);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_COMMAND_H_
