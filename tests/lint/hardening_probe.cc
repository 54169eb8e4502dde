// A small program with what hardening shows itself in; hardening.py builds it as the release is built, looks at the
// binary and runs it. It ends with 0 when it outlives a lock order that might deadlock, and says whether asserts count.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "service/server/deadlock_detection.h"

namespace {

// A copy whose size only the caller knows, into a buffer on the stack: a stack protector and a checked copy.
__attribute__((noinline)) size_t CopyToStack(const char* text, size_t size) {
  char buffer[64];
  memcpy(buffer, text, size);
  buffer[sizeof(buffer) - 1] = 0;
  return strlen(buffer);
}

// A checked index.
__attribute__((noinline)) char At(const std::vector<char>& bytes, size_t index) { return bytes[index]; }

void LockInBothOrders(absl::Mutex& left, absl::Mutex& right) {
  {
    absl::MutexLock outer(&left);
    absl::MutexLock inner(&right);
  }
  absl::MutexLock outer(&right);
  absl::MutexLock inner(&left);
}

}  // namespace

int main(int argc, char** argv) {
  seedance::server::SetDeadlockDetection();
  absl::Mutex left;
  absl::Mutex right;
  LockInBothOrders(left, right);
  const std::string text(static_cast<size_t>(argc), 'x');
  const size_t size = CopyToStack(text.c_str(), text.size() + 1);
  const std::vector<char> bytes(argv[0], argv[0] + strlen(argv[0]));
#ifdef NDEBUG
  const char* asserts = "off";
#else
  const char* asserts = "on";
#endif
  printf("asserts %s, %zu %d\n", asserts, size, At(bytes, size - 1) != 0);
  return 0;
}
