#ifndef SEEDANCE_TESTS_BENCH_BARE_PROCESS_H_
#define SEEDANCE_TESTS_BENCH_BARE_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {

// A bare_server of its own: the yardstick, in a process of its own so that its memory can be told from the client's.
class BareProcess {
 public:
  // Its task is a message of `message_bytes`.
  static absl::StatusOr<std::unique_ptr<BareProcess>> Start(size_t message_bytes);

  const std::string& address() const { return address_; }
  pid_t pid() const { return process_->pid(); }

 private:
  BareProcess() = default;

  testing::TempDir dir_;
  std::unique_ptr<testing::Process> process_;
  std::string address_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_BARE_PROCESS_H_
