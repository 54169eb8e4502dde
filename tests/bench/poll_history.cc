#include "tests/bench/poll_history.h"

#include <algorithm>

namespace seedance::bench {

int MostInASecond(const PollHistory& polls) {
  std::vector<absl::Time> all;
  for (const auto& [id, times] : polls) all.insert(all.end(), times.begin(), times.end());
  std::sort(all.begin(), all.end());
  size_t most = 0;
  size_t first = 0;
  for (size_t last = 0; last < all.size(); ++last) {
    while (all[last] - all[first] >= absl::Seconds(1)) ++first;
    most = std::max(most, last - first + 1);
  }
  return static_cast<int>(most);
}

absl::Duration OldestAge(const PollHistory& polls, const std::vector<std::string>& tasks, absl::Time from,
                         absl::Time to) {
  absl::Duration oldest;
  for (const std::string& task : tasks) {
    absl::Time last = from;
    const auto found = polls.find(task);
    if (found != polls.end()) {
      for (const absl::Time poll : found->second) {
        if (poll > to) break;
        oldest = std::max(oldest, poll - last);
        last = std::max(last, poll);
      }
    }
    oldest = std::max(oldest, to - last);
  }
  return oldest;
}

}  // namespace seedance::bench
