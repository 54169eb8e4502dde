#include "tests/bench/bare_process.h"

#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "tests/testing/eventually.h"

namespace seedance::bench {

absl::StatusOr<std::unique_ptr<BareProcess>> BareProcess::Start(const gateway::v1::GenerationTask& task) {
  auto bare = std::unique_ptr<BareProcess>(new BareProcess);
  const std::string port_file = bare->dir_.File("port");
  const std::string task_file = bare->dir_.File("task");
  std::ofstream(task_file, std::ios::binary) << task.SerializeAsString();
  testing::Process::Options options;
  options.argv = {SEEDANCE_BARE_SERVER_BINARY, port_file, task_file};
  options.stdout_path = options.stderr_path = bare->dir_.File("output");
  auto process = testing::Process::Start(options);
  if (!process.ok()) return process.status();
  bare->process_ = *std::move(process);
  const auto settled = [&] { return !testing::ReadFile(port_file).empty() || !bare->process_->running(); };
  (void)testing::Eventually(settled, absl::Seconds(30));
  bare->address_ = std::string(absl::StripAsciiWhitespace(testing::ReadFile(port_file)));
  if (bare->address_.empty()) return absl::UnavailableError("the bare server did not start");
  return bare;
}

}  // namespace seedance::bench
