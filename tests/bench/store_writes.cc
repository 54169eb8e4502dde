// Durable writes per second through the Store interface, by one and by several threads, against pages of a plain
// file on the same disk, each flushed: the least that a durable write costs here.
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/bench/bench.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/stored_tasks.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

// Writes a page at a time, each on disk before the next, over the same megabytes as a write-ahead log does: appends
// would also pay for the growth of the file.
class PlainFile {
 public:
  explicit PlainFile(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_CREAT, 0600)) {
    for (int i = 0; i < kPages; ++i) ready_ = pwrite(file_, page_.data(), page_.size(), Offset(i)) > 0 && ready_;
    fsync(file_);
  }
  ~PlainFile() { close(file_); }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  bool Write() {
    next_ = (next_ + 1) % kPages;
    return ready_ && pwrite(file_, page_.data(), page_.size(), Offset(next_)) == static_cast<ssize_t>(page_.size()) &&
           fdatasync(file_) == 0;
  }

 private:
  static constexpr int kPages = 1024;

  off_t Offset(int page) const { return static_cast<off_t>(page_.size()) * page; }

  const int file_;
  const std::string page_ = std::string(4096, 'x');
  int next_ = 0;
  bool ready_ = true;
};

bool Measure(Bench& bench, int writers, const std::string& id, const std::string& what, PlainFile& plain,
             const std::function<bool(int)>& write) {
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  Row row;
  row.id = absl::StrCat(id, "_", writers);
  row.what = absl::StrCat(what, ", ", writers, writers == 1 ? " writer" : " writers");
  row.unit = "writes/s";
  row.yardstick_name = "flushed pages of a plain file";
  row.judged = Row::Judged::kRatio;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const LoopResult ours = RunThreads(writers, time, write);
    const LoopResult theirs = RunThreads(1, time, [&](int) { return plain.Write(); });
    if (ours.failures + theirs.failures > 0) return bench.Fail("a write failed");
    row.ours.push_back(ours.per_second);
    row.yardstick.push_back(theirs.per_second);
  }
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  testing::TempDir dir;
  store::sqlite::SqliteOptions options;
  options.path = dir.File("gateway.db");
  auto store = store::sqlite::OpenSqliteStore(options);
  if (!bench.Check(store.status(), "store")) return false;
  PlainFile plain(dir.File("plain"));
  std::vector<std::string> tasks;  // One for each writer.
  for (int i = 0; i < 16; ++i) {
    const StoredTask stored = StoredTask::Running(absl::StrCat("vendor-", i), std::string(200, 'x'));
    if (!bench.Check((*store)->BeginEntry(stored.call, &stored.task).status(), "task")) return false;
    tasks.push_back(stored.task.id);
  }
  const auto create = [&](int) {
    const StoredTask stored = StoredTask::Running("vendor", std::string(200, 'x'));
    return (*store)->BeginEntry(stored.call, &stored.task).ok();
  };
  const auto update = [&](int writer) {
    const auto step = [](model::GenerationTask& task) {
      task.progress_percent = (task.progress_percent + 1) % 100;
      return absl::OkStatus();
    };
    return (*store)->UpdateTask(tasks[static_cast<size_t>(writer)], step).ok();
  };
  for (const int writers : {1, 16}) {
    if (!Measure(bench, writers, "store_create", "task and journal row in one transaction", plain, create) ||
        !Measure(bench, writers, "store_update", "change of a task", plain, update)) {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "store_writes", "durable writes per second through the Store interface",
                                   {{"rounds", 5, 1, "rounds"}, {"milliseconds", 1000, 50, "time of one measurement"}},
                                   seedance::bench::Run);
}
