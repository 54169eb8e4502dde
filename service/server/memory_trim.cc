#include "service/server/memory_trim.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace seedance::server {
namespace {

// Pause between two trims; grows up to the second value while trims return nothing.
constexpr absl::Duration kPause = absl::Seconds(5);
constexpr absl::Duration kLongestPause = absl::Seconds(40);
// Below this size a trim is not worthwhile.
constexpr int64_t kSmallBytes = int64_t{128} << 20;
constexpr int64_t kWorthBytes = int64_t{16} << 20;

int64_t ResidentBytes() {
  int64_t total = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

MemoryTrim::MemoryTrim(base::Clock& clock) : pause_(kPause), work_(clock) {
  work_.Start(pause_, [this] { return Trim(); });
}

absl::Duration MemoryTrim::Trim() {
  const int64_t before = ResidentBytes();
  if (before < kSmallBytes) return pause_;
  malloc_trim(0);
  pause_ = before - ResidentBytes() >= kWorthBytes ? kPause : std::min(2 * pause_, kLongestPause);
  return pause_;
}

}  // namespace seedance::server
