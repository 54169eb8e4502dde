#include "tests/testing/no_threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace seedance::testing {

uid_t OwnUserId() { return 1'000'000 + static_cast<uid_t>(getpid()); }

void AllowNewThreads(bool allowed) { AllowThreads(allowed ? RLIM_INFINITY : 0); }

void AllowThreads(size_t count) {
  const uid_t user = OwnUserId();
  rlimit limit{};
  const bool dropped = geteuid() != 0 || setresuid(user, user, user) == 0;
  bool set = getrlimit(RLIMIT_NPROC, &limit) == 0;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  set = set && setrlimit(RLIMIT_NPROC, &limit) == 0;
  if (dropped && set) return;
  std::perror("cannot limit the number of threads");
  std::abort();
}

}  // namespace seedance::testing
