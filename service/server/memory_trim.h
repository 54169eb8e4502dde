#ifndef SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
#define SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/repeating_thread.h"

namespace seedance::server {

// Gives memory that the allocator keeps back to the system. glibc gives back only what lies at the end of a heap: one
// block in use above it keeps all of a flood's memory. A thread of its own looks from time to time, for a trim may take
// some hundred milliseconds.
class MemoryTrim {
 public:
  // Throws base::ThreadStartError.
  explicit MemoryTrim(base::Clock& clock);

 private:
  // Returns the pause to the next look.
  absl::Duration Trim();

  absl::Duration pause_;
  base::RepeatingThread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
