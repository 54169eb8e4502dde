#ifndef SEEDANCE_SERVICE_BASE_HOST_PROCESS_LIMITS_H_
#define SEEDANCE_SERVICE_BASE_HOST_PROCESS_LIMITS_H_

#include <cstdint>
#include <string>

// What the system lets this process have. `root`: prefix of /proc and /sys, for tests. INT64_MAX: no limit is known.
//
// Tests: tests/unit/base/process_limits_test.cc, tests/unit/base/thread_pool_test.cc
namespace seedance::base {

// Memory available to this process in bytes: the minimum of its address space limit, its control groups (version 2 or
// 1) and the memory of the machine.
int64_t MemoryLimit();

// The least memory limit of the control groups of this process, up to the root of their mounts, in bytes.
int64_t ControlGroupMemory(const std::string& root = "");

// How many threads more could be started now, at most: the minimum of what its control groups, the number of threads of
// its user (`ulimit -u`) and its address space (`ulimit -v`) leave, as far as the process can see them: a container may
// hide a limit above it. Other processes may take them at any time. May throw std::bad_alloc.
int64_t ThreadsLeft();

// What the pids controllers of the control groups of this process leave; 0 when they are full.
int64_t ControlGroupThreadsLeft(const std::string& root = "");

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_HOST_PROCESS_LIMITS_H_
