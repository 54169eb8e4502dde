// Preloaded into a process it shifts that process's wall clock, as if somebody had set the machine's, by as many
// nanoseconds as the first eight bytes of the file $SEEDANCE_CLOCK_SHIFT_FILE say at that moment. Clocks that nobody
// can set are left alone.
//
// Made of raw system calls: it runs before any library is ready, a sanitizer's among them.
#include <fcntl.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>
#include <cerrno>

namespace {

constexpr int64_t kBillion = 1'000'000'000;

const std::atomic<int64_t>* shift_nanos = nullptr;

long Raw(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "write the system call of this machine"
#endif
}

long Pointer(const void* pointer) { return reinterpret_cast<long>(pointer); }

void Shift(timespec& time, int64_t nanos) {
  const int64_t sum = time.tv_sec * kBillion + time.tv_nsec + nanos;
  time.tv_sec = sum / kBillion;
  time.tv_nsec = sum % kBillion;
}

int64_t Nanos() { return shift_nanos == nullptr ? 0 : shift_nanos->load(std::memory_order_relaxed); }

__attribute__((constructor)) void Open() {
  const char* path = getenv("SEEDANCE_CLOCK_SHIFT_FILE");
  if (path == nullptr) return;
  const long file = Raw(SYS_openat, AT_FDCWD, Pointer(path), O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) return;
  const long memory = Raw(SYS_mmap, 0, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (memory > 0 || memory < -4095) shift_nanos = reinterpret_cast<const std::atomic<int64_t>*>(memory);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = Raw(SYS_clock_gettime, clock, Pointer(time), 0, 0, 0, 0);
  if (result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) Shift(*time, Nanos());
  return 0;
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* time) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (time != nullptr) *time = now.tv_sec;
  return now.tv_sec;
}

// Abseil, and so gRPC, waits on futexes until a wall time: the kernel must get its own.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  const long a = va_arg(list, long);
  const long b = va_arg(list, long);
  const long c = va_arg(list, long);
  long d = va_arg(list, long);
  const long e = va_arg(list, long);
  const long f = va_arg(list, long);
  va_end(list);
  timespec until;
  if (number == SYS_futex && (b & FUTEX_CLOCK_REALTIME) != 0 && (b & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && d != 0) {
    until = *reinterpret_cast<const timespec*>(d);
    Shift(until, -Nanos());
    if (until.tv_sec < 0) until = {0, 0};
    d = Pointer(&until);
  }
  const long result = Raw(number, a, b, c, d, e, f);
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}
}
