#include "service/base/host/process_limits.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace seedance::base {
namespace {

constexpr int64_t kNone = INT64_MAX;
constexpr int64_t kPlenty = 1000;

// The number in the file; INT64_MAX when it has none (`max`).
int64_t NumberIn(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  return file >> number && number > 0 ? number : kNone;
}

// Minimum of `of(folder)` over a group and its ancestors. A group outside of the container's view has no files there;
// its ancestors count.
int64_t LeastUpwards(const std::string& mount, std::string group,
                     const std::function<int64_t(const std::string&)>& of) {
  int64_t least = kNone;
  for (;;) {
    while (!group.empty() && group.back() == '/') group.pop_back();
    least = std::min(least, of(mount + group));
    if (group.empty()) return least;
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
}

// LeastUpwards of all groups of this process that `controller` may bound.
int64_t LeastOfGroups(const std::string& root, const std::string& controller,
                      const std::function<int64_t(const std::string&)>& of) {
  int64_t least = kNone;
  std::ifstream groups(root + "/proc/self/cgroup");
  // `0::/group` (version 2) or `4:memory,cpu:/group`.
  for (std::string line; std::getline(groups, line);) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (parts[1].empty()) {
      least = std::min(least, LeastUpwards(root + "/sys/fs/cgroup", parts[2], of));
    } else if (std::find(controllers.begin(), controllers.end(), controller) != controllers.end()) {
      least = std::min(least, LeastUpwards(root + "/sys/fs/cgroup/" + controller, parts[2], of));
    }
  }
  return least;
}

int64_t Limit(__rlimit_resource_t resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNone;
  return static_cast<int64_t>(limit.rlim_cur);
}

// The fields of a status file below /proc, trimmed.
std::map<std::string, std::string> StatusFields(const std::filesystem::path& path) {
  std::map<std::string, std::string> fields;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    fields[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return fields;
}

int64_t FirstNumber(const std::string& text) {
  int64_t number = 0;
  const std::string first = text.substr(0, text.find_first_of(" \t"));
  return absl::SimpleAtoi(first, &number) ? number : 0;
}

// Capabilities 21 (CAP_SYS_ADMIN) and 24 (CAP_SYS_RESOURCE) and root are exempt: clone(2), EAGAIN.
bool BoundByThreadsOfUser(const std::map<std::string, std::string>& own_status) {
  const auto capabilities = own_status.find("CapEff");
  uint64_t effective = 0;
  if (capabilities != own_status.end()) (void)absl::SimpleHexAtoi(capabilities->second, &effective);
  return getuid() != 0 && (effective & (uint64_t{1} << 21 | uint64_t{1} << 24)) == 0;
}

// Threads of the machine; 0: not known. `0.20 0.18 0.12 1/80 11206`.
int64_t ThreadsOfAll() {
  std::ifstream file("/proc/loadavg");
  std::string field;
  for (int i = 0; i < 4; ++i) file >> field;
  return FirstNumber(field.substr(field.find('/') + 1));
}

// Threads of all processes of this user that /proc shows.
int64_t ThreadsOfUser() {
  int64_t threads = 0;
  std::error_code error;
  std::filesystem::directory_iterator processes("/proc", error);
  // Not a range-based loop: its increment throws.
  for (; !error && processes != std::filesystem::directory_iterator(); processes.increment(error)) {
    const std::string name = processes->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::map<std::string, std::string> status = StatusFields(processes->path() / "status");
    if (FirstNumber(status["Uid"]) == int64_t{getuid()}) threads += FirstNumber(status["Threads"]);
  }
  return threads;
}

int64_t AddressSpaceForThreads(int64_t limit, int64_t used) {
  pthread_attr_t attributes;
  size_t stack = 0;
  size_t guard = 0;
  if (pthread_attr_init(&attributes) != 0) return 0;
  pthread_attr_getstacksize(&attributes, &stack);
  pthread_attr_getguardsize(&attributes, &guard);
  pthread_attr_destroy(&attributes);
  return std::max<int64_t>(limit - used, 0) / static_cast<int64_t>(std::max<size_t>(stack + guard, 1));
}

}  // namespace

int64_t ControlGroupMemory(const std::string& root) {
  return LeastOfGroups(root, "memory", [](const std::string& group) {
    return std::min(NumberIn(group + "/memory.max"), NumberIn(group + "/memory.limit_in_bytes"));
  });
}

int64_t MemoryLimit() {
  const int64_t machine = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return std::min({machine, ControlGroupMemory(), Limit(RLIMIT_AS)});
}

int64_t ControlGroupThreadsLeft(const std::string& root) {
  return LeastOfGroups(root, "pids", [](const std::string& group) {
    const int64_t most = NumberIn(group + "/pids.max");
    const int64_t now = NumberIn(group + "/pids.current");
    return most == kNone || now == kNone ? most : std::max<int64_t>(most - now, 0);
  });
}

int64_t ThreadsLeft() {
  int64_t left = ControlGroupThreadsLeft();
  const int64_t threads = Limit(RLIMIT_NPROC);
  const int64_t space = Limit(RLIMIT_AS);
  if (threads == kNone && space == kNone) return left;
  std::map<std::string, std::string> status = StatusFields("/proc/self/status");
  if (threads != kNone && BoundByThreadsOfUser(status)) {
    // Counting takes long on a large machine, and is of use only near the limit.
    const int64_t all = ThreadsOfAll();
    left = std::min(left, all > 0 && threads - all > kPlenty ? threads - all : threads - ThreadsOfUser());
  }
  if (space != kNone) left = std::min(left, AddressSpaceForThreads(space, FirstNumber(status["VmSize"]) * 1024));
  return std::max<int64_t>(left, 0);
}

}  // namespace seedance::base
