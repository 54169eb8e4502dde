#include "service/server/memory_trim.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

#include "absl/time/time.h"
#include "service/base/thread.h"

namespace seedance::server {
namespace {

// Between two trims; longer, up to the second one, while they give nothing back.
constexpr absl::Duration kPause = absl::Seconds(5);
constexpr absl::Duration kLongestPause = absl::Seconds(40);
// A process that holds no more than this has nothing worth a trim.
constexpr int64_t kSmallBytes = int64_t{128} << 20;
constexpr int64_t kWorthBytes = int64_t{16} << 20;

int64_t ResidentBytes() {
  int64_t total = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

MemoryTrim::MemoryTrim(base::Clock& clock)
    : clock_(clock), thread_(base::StartThread("memory-trim", [this] { Run(); })) {}

MemoryTrim::~MemoryTrim() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void MemoryTrim::Run() {
  absl::Duration pause = kPause;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      const absl::Time next = clock_.Now() + pause;
      while (!stopped_ && clock_.Now() < next) clock_.WaitUntil(changed_, mutex_, next);
      if (stopped_) return;
    }
    const int64_t before = ResidentBytes();
    if (before < kSmallBytes) continue;
    malloc_trim(0);
    pause = before - ResidentBytes() >= kWorthBytes ? kPause : std::min(2 * pause, kLongestPause);
  }
}

}  // namespace seedance::server
