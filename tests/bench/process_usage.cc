#include "tests/bench/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace seedance::bench {
namespace {

// utime and stime are the 12th and 13th field behind the name, which stands in parentheses and may contain anything.
double CpuSeconds(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  std::string text;
  std::getline(file, text, ')');
  for (int i = 0; i < 11; ++i) file >> text;
  double user = 0;
  double system = 0;
  file >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int64_t Switches(const std::string& folder) {
  std::ifstream file(folder + "/status");
  for (std::string word; file >> word;) {
    int64_t count = 0;
    if (word == "voluntary_ctxt_switches:" && file >> count) return count;
  }
  return 0;
}

}  // namespace

ProcessUsage ProcessUsage::Of(pid_t pid) {
  const std::string folder = absl::StrCat("/proc/", pid);
  ProcessUsage usage;
  usage.cpu_seconds = CpuSeconds(folder);
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task", gone)) {
    usage.context_switches += Switches(thread.path().string());
  }
  return usage;
}

}  // namespace seedance::bench
