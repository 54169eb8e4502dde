#ifndef SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_
#define SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_

#include <cstdint>
#include <string>

namespace seedance::config {

// How many bytes of memory this process may have: the least of the limit of its address space, those of its control
// groups (version 2 or 1) and the memory of the machine.
int64_t MemoryLimit();

// The least memory limit of the control groups that this process is in, up to the root of their mounts; INT64_MAX:
// none. `root`: for tests, where /proc and /sys are.
int64_t ControlGroupMemory(const std::string& root = "");

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_MEMORY_LIMIT_H_
