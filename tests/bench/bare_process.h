#ifndef SEEDANCE_TESTS_BENCH_BARE_PROCESS_H_
#define SEEDANCE_TESTS_BENCH_BARE_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/generation_task.pb.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {

// A bare_server of its own: the yardstick, in a process of its own so that its memory can be told from the client's.
class BareProcess {
 public:
  // It answers with this task.
  static absl::StatusOr<std::unique_ptr<BareProcess>> Start(const gateway::v1::GenerationTask& task);

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
