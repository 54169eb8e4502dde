#ifndef SEEDANCE_SERVICE_SERVER_MEMORY_LIMIT_H_
#define SEEDANCE_SERVICE_SERVER_MEMORY_LIMIT_H_

#include <cstdint>

namespace seedance::server {

// How many bytes of memory this process may have: the least of the limit of its address space, that of its control
// group (version 2 or 1) and the memory of the machine.
int64_t MemoryLimit();

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_MEMORY_LIMIT_H_
