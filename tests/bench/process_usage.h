#ifndef SEEDANCE_TESTS_BENCH_PROCESS_USAGE_H_
#define SEEDANCE_TESTS_BENCH_PROCESS_USAGE_H_

#include <sys/types.h>

#include <cstdint>

namespace seedance::bench {

// What a process has used since its start, from /proc. Zeros when it is gone.
struct ProcessUsage {
  double cpu_seconds = 0;        // Of all its threads, to 10 ms.
  int64_t context_switches = 0;  // Of the threads that it has now: times that one waited for something.

  static ProcessUsage Of(pid_t pid);
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_PROCESS_USAGE_H_
