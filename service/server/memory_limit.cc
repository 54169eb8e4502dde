#include "service/server/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace seedance::server {
namespace {

// The number in the file; `otherwise` when it has none, as `max`.
int64_t NumberIn(const char* path, int64_t otherwise) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number && number > 0 ? number : otherwise;
}

}  // namespace

int64_t MemoryLimit() {
  int64_t limit = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    limit = std::min(limit, static_cast<int64_t>(space.rlim_cur));
  }
  limit = std::min(limit, NumberIn("/sys/fs/cgroup/memory.max", limit));
  return std::min(limit, NumberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes", limit));
}

}  // namespace seedance::server
