#include "tests/bench/resident_memory.h"

#include <fstream>

#include "absl/strings/str_cat.h"

namespace seedance::bench {

bool ResidentMemory::ResetPeak() const {
  std::ofstream file(absl::StrCat("/proc/", pid_, "/clear_refs"));
  file << "5" << std::flush;  // See proc(5).
  return file.good();
}

int64_t ResidentMemory::Read(const std::string& field) const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string word; file >> word;) {
    int64_t kb = -1;
    if (word == field && file >> kb) return kb;
  }
  return -1;
}

}  // namespace seedance::bench
