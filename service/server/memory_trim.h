#ifndef SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
#define SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_

#include <thread>

#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::server {

// Gives memory that the allocator keeps back to the system. glibc gives back only what lies at the end of a heap: one
// block in use above it keeps all of a flood's memory. A thread of its own looks from time to time, for a trim may take
// some hundred milliseconds.
class MemoryTrim {
 public:
  explicit MemoryTrim(base::Clock& clock);
  // Joins the thread.
  ~MemoryTrim();
  MemoryTrim(const MemoryTrim&) = delete;
  MemoryTrim& operator=(const MemoryTrim&) = delete;

 private:
  void Run();

  base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_MEMORY_TRIM_H_
