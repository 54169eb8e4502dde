#ifndef SEEDANCE_TESTS_TESTING_PROCESS_H_
#define SEEDANCE_TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace seedance::testing {

// A child process. It is killed when this object goes away, and by the kernel when the thread that started it ends.
// Not thread-safe.
class Process {
 public:
  struct Options {
    std::vector<std::string> argv;           // argv[0] is the path of the binary.
    std::map<std::string, std::string> env;  // Set on top of the test's own environment.
    std::string stdout_path;                 // Appended to; empty: /dev/null.
    std::string stderr_path;                 // Appended to; empty: /dev/null.
  };

  // NOT_FOUND when there is no such binary, INTERNAL when the system refuses.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const Options& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Sends `signal`; does nothing when the process has ended.
  void Kill(int signal);

  // Waits until the process ends, at most `deadline`. The exit code, or 128 + the signal that ended it; nothing while
  // it still runs. The answer stays the same once it ended.
  std::optional<int> Wait(absl::Duration deadline);

  bool running() { return !Wait(absl::ZeroDuration()).has_value(); }

 private:
  Process(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}

  const pid_t pid_;
  const int pidfd_;
  std::optional<int> exit_code_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_PROCESS_H_
