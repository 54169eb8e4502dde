#include "tests/bench/stored_tasks.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/clock.h"
#include "service/base/random.h"
#include "service/store/sqlite/sqlite_store.h"

namespace seedance::bench {
namespace {

// Writers that wait for a commit together share it.
constexpr int kWriters = 32;
constexpr int kCreators = 8;

StoredTask Stored(model::TaskState state, const std::string& prompt) {
  StoredTask stored;
  model::GenerationTask& task = stored.task;
  const absl::Time now = absl::Now();
  task.id = base::MakeUuidV7(now, base::SystemRandom());
  task.tenant = "default";
  task.request.upstream = "anyfast";
  task.request.model = "seedance";
  task.request.prompt = task.request.sent_prompt = prompt;
  task.state = state;
  task.create_time = task.update_time = task.submit_time = now;
  task.deadline_time = now + absl::Hours(2);
  stored.call.key = {"default", "CreateGenerationTask", base::MakeUuidV4(base::SystemRandom())};
  stored.call.state = model::JournalState::kDone;
  stored.call.resource_name = task.name();
  stored.call.create_time = stored.call.update_time = now;
  return stored;
}

// Runs `work` for 0 to count - 1 on some threads; the first error ends it.
absl::Status InParallel(int threads, size_t count, const std::function<absl::Status(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  absl::Status status;
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      for (size_t item = next++; item < count; item = next++) {
        const absl::Status done = work(item);
        if (done.ok()) continue;
        next = count;
        std::lock_guard lock(mutex);
        status = done;
      }
    });
  }
  for (std::thread& thread : pool) thread.join();
  return status;
}

}  // namespace

StoredTask StoredTask::Running(const std::string& vendor_id, const std::string& prompt) {
  StoredTask stored = Stored(model::TaskState::kRunning, prompt);
  stored.task.upstream_task_id = vendor_id;
  stored.task.start_time = stored.task.create_time;
  return stored;
}

StoredTask StoredTask::Succeeded(const std::string& prompt) {
  StoredTask stored = Stored(model::TaskState::kSucceeded, prompt);
  stored.task.upstream_task_id = stored.task.id;
  stored.task.progress_percent = 100;
  stored.task.result.video_uri =
      "https://videos.example.com/" + stored.task.id + ".mp4?expires=1799999999&signature=0123";
  stored.task.end_time = stored.task.create_time;
  return stored;
}

absl::Status WriteTasks(const std::string& sqlite_path, const std::vector<StoredTask>& tasks) {
  store::sqlite::SqliteOptions options;
  options.path = sqlite_path;
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::sqlite::OpenSqliteStore(options);
  if (!store.ok()) return store.status();
  return InParallel(kWriters, tasks.size(),
                    [&](size_t i) { return (*store)->BeginEntry(tasks[i].call, &tasks[i].task).status(); });
}

absl::StatusOr<std::vector<StoredTask>> StoreRunningTasks(testing::SandboxProcess& sandbox, Vendor& vendor,
                                                          const std::string& sqlite_path, int count,
                                                          const std::string& prompt, absl::Duration spacing) {
  std::vector<StoredTask> tasks(static_cast<size_t>(count));
  const int threads = spacing > absl::ZeroDuration() ? 1 : kCreators;
  const absl::Status created = InParallel(threads, tasks.size(), [&](size_t i) {
    if (spacing > absl::ZeroDuration()) {
      if (absl::Status moved = sandbox.Advance(spacing); !moved.ok()) return moved;
    }
    const absl::StatusOr<std::string> id = vendor.CreateTask(prompt);
    if (id.ok()) tasks[i] = StoredTask::Running(*id, prompt);
    return id.status();
  });
  if (!created.ok()) return created;
  if (absl::Status written = WriteTasks(sqlite_path, tasks); !written.ok()) return written;
  return tasks;
}

}  // namespace seedance::bench
