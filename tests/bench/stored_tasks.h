#ifndef SEEDANCE_TESTS_BENCH_STORED_TASKS_H_
#define SEEDANCE_TESTS_BENCH_STORED_TASKS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "tests/bench/vendor.h"
#include "tests/testing/sandbox_process.h"

namespace seedance::bench {

// A task as the gateway would have stored it, RUNNING at the upstream `anyfast` under the vendor's id `vendor_id`, or
// SUCCEEDED without one; and its row of the journal. Of the tenant `default`, created now.
struct StoredTask {
  model::GenerationTask task;
  model::JournalEntry call;

  static StoredTask Running(const std::string& vendor_id, const std::string& prompt);
  static StoredTask Succeeded(const std::string& prompt);
};

// Writes them into the store at `sqlite_path`, which no gateway uses at the moment.
absl::Status WriteTasks(const std::string& sqlite_path, const std::vector<StoredTask>& tasks);

// Creates `count` tasks at the vendor, `spacing` of its time apart, and writes them into the store as if a gateway had
// done so and died. The sandbox runs at `--speed 1`. No limit on submissions delays them.
absl::StatusOr<std::vector<StoredTask>> StoreRunningTasks(testing::SandboxProcess& sandbox, Vendor& vendor,
                                                          const std::string& sqlite_path, int count,
                                                          const std::string& prompt, absl::Duration spacing = {});

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_STORED_TASKS_H_
