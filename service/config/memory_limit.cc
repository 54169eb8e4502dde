#include "service/config/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/str_split.h"

namespace seedance::config {
namespace {

constexpr int64_t kNone = INT64_MAX;

// The number in the file; INT64_MAX when it has none (`max`).
int64_t NumberIn(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number && number > 0 ? number : kNone;
}

// Minimum over a group and its ancestors. A group outside of the container's view has no files there; its ancestors
// count.
int64_t LeastUpwards(const std::string& mount, std::string group, const char* file) {
  int64_t least = kNone;
  for (;;) {
    while (!group.empty() && group.back() == '/') group.pop_back();
    least = std::min(least, NumberIn(mount + group + "/" + file));
    if (group.empty()) return least;
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
}

}  // namespace

int64_t ControlGroupMemory(const std::string& root) {
  int64_t least = kNone;
  std::ifstream groups(root + "/proc/self/cgroup");
  // `0::/group` (version 2) or `4:memory,cpu:/group`.
  for (std::string line; std::getline(groups, line);) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (parts[1].empty()) {
      least = std::min(least, LeastUpwards(root + "/sys/fs/cgroup", parts[2], "memory.max"));
    } else if (std::find(controllers.begin(), controllers.end(), "memory") != controllers.end()) {
      least = std::min(least, LeastUpwards(root + "/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"));
    }
  }
  return least;
}

int64_t MemoryLimit() {
  int64_t limit = std::min(int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE), ControlGroupMemory());
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    limit = std::min(limit, static_cast<int64_t>(space.rlim_cur));
  }
  return limit;
}

}  // namespace seedance::config
