#include "tests/testing/no_threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace seedance::testing {

uid_t OwnUserId() { return 1'000'000 + static_cast<uid_t>(getpid()); }

void AllowNewThreads(bool allowed) {
  const uid_t user = OwnUserId();
  rlimit limit{};
  const bool dropped = geteuid() != 0 || setresuid(user, user, user) == 0;
  bool set = getrlimit(RLIMIT_NPROC, &limit) == 0;
  limit.rlim_cur = allowed ? limit.rlim_max : 0;
  set = set && setrlimit(RLIMIT_NPROC, &limit) == 0;
  if (dropped && set) return;
  std::perror("cannot limit the number of threads");
  std::abort();
}

}  // namespace seedance::testing
