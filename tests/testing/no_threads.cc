#include "tests/testing/no_threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

namespace seedance::testing {

uid_t OwnUserId() { return 1'000'000 + static_cast<uid_t>(getpid()); }

namespace {

void LimitThreads(rlim_t count) {
  const uid_t user = OwnUserId();
  rlimit limit{};
  const bool dropped = geteuid() != 0 || setresuid(user, user, user) == 0;
  bool set = getrlimit(RLIMIT_NPROC, &limit) == 0;
  limit.rlim_cur = std::min(count, limit.rlim_max);
  set = set && setrlimit(RLIMIT_NPROC, &limit) == 0;
  if (dropped && set) return;
  std::perror("cannot limit the number of threads");
  std::abort();
}

}  // namespace

void AllowNewThreads(bool allowed) { LimitThreads(allowed ? RLIM_INFINITY : 0); }

void AllowFurtherThreads(size_t count) {
  // A sanitizer may have a thread of its own.
  const std::filesystem::directory_iterator threads("/proc/self/task");
  LimitThreads(static_cast<rlim_t>(std::distance(threads, {})) + count);
}

}  // namespace seedance::testing
