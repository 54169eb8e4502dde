#ifndef SEEDANCE_TESTS_BENCH_RESIDENT_MEMORY_H_
#define SEEDANCE_TESTS_BENCH_RESIDENT_MEMORY_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace seedance::bench {

// Resident memory of a process, from /proc. All figures in kB; -1 when the process is gone.
class ResidentMemory {
 public:
  explicit ResidentMemory(pid_t pid) : pid_(pid) {}

  // Resident now.
  int64_t NowKb() const { return Read("VmRSS:"); }
  // Most that was ever resident, or since the last ResetPeak.
  int64_t PeakKb() const { return Read("VmHWM:"); }
  // Forgets the peak. False where the kernel does not allow it.
  bool ResetPeak() const;

 private:
  int64_t Read(const std::string& field) const;

  const pid_t pid_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_RESIDENT_MEMORY_H_
