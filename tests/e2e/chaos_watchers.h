#ifndef SEEDANCE_TESTS_E2E_CHAOS_WATCHERS_H_
#define SEEDANCE_TESTS_E2E_CHAOS_WATCHERS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "client/cpp/client.h"
#include "service/base/mutex.h"
#include "tests/e2e/api.h"

namespace seedance::e2e {

// What one watcher of a task saw, over all its streams.
struct Sighting {
  std::string task;
  std::string resume_token;  // Of the last message.
  std::vector<int64_t> revisions;
  int terminal = 0;  // Messages with a terminal state.
  int streams = 0;   // That were opened.
  bool ended = false;
  std::string problem;  // Why it gave up; empty: it did not.

  // Takes a message in.
  void See(const v1::WatchGenerationTaskResponse& message);
};

// Of watchers that have all ended.
void ExpectOneEndAndNoRevisionTwice(const std::vector<Sighting>& sightings);
int64_t StreamsOf(const std::vector<Sighting>& sightings);

// Many watchers on the generated stubs, over a few connections. Each opens its stream again, on the next connection and
// with the last token, until it ends well.
class RawWatchers {
 public:
  // Watcher i watches tasks[i % size]. `connections` to the endpoints in turns.
  RawWatchers(const std::vector<std::string>& endpoints, const std::vector<std::string>& tasks, size_t watchers,
              size_t connections, uint64_t seed);
  // Cancels what still runs.
  ~RawWatchers();

  size_t ended();
  // After all have ended.
  const std::vector<Sighting>& sightings() const { return sightings_; }

 private:
  class Watcher;

  void Run();
  void Ended(size_t watcher, const grpc::Status& status);

  std::vector<std::unique_ptr<Api>> apis_;
  std::vector<std::unique_ptr<v1::GenerationTaskService::Stub>> stubs_;  // One for each of apis_.
  std::vector<Sighting> sightings_;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<absl::Time, size_t>> to_open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Watcher>> open_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // Streams.
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

// The same with the client library, which resumes by itself: one thread each.
class LibraryWatchers {
 public:
  LibraryWatchers(const std::string& endpoint, const std::vector<std::string>& tasks, size_t watchers);
  ~LibraryWatchers();

  size_t ended();
  const std::vector<Sighting>& sightings() const { return sightings_; }

 private:
  void Watch(Sighting& sighting);

  std::unique_ptr<client::Client> client_;
  client::Canceller canceller_;
  std::vector<Sighting> sightings_;
  std::vector<std::thread> threads_;
  base::Mutex mutex_;
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_CHAOS_WATCHERS_H_
