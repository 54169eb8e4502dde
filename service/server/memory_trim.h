#ifndef SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
#define SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/repeated_work.h"

namespace seedance::server {

// Returns free memory of the allocator to the system, from time to time. glibc returns only the end of a heap: one used
// block above it keeps all memory of a burst. A trim may take some hundred milliseconds.
//
// Tests: tests/unit/server/server_test.cc
class MemoryTrim {
 public:
  // Starts it. Throws as base::Timer::Alarm.
  explicit MemoryTrim(base::Clock& clock);

 private:
  // Trims if worthwhile. Returns the pause before the next check.
  absl::Duration Trim();

  absl::Duration pause_;
  base::RepeatedWork work_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
