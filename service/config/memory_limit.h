#ifndef SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_
#define SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_

#include <cstdint>
#include <string>

namespace seedance::config {

// Memory available to this process in bytes: the minimum of its address space limit, its control groups (version 2 or
// 1) and the memory of the machine.
int64_t MemoryLimit();

// The least memory limit of the control groups of this process, up to the root of their mounts, in bytes; INT64_MAX:
// none. `root`: prefix of /proc and /sys, for tests.
int64_t ControlGroupMemory(const std::string& root = "");

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_
