#ifndef SEEDANCE_TESTS_BENCH_POLL_HISTORY_H_
#define SEEDANCE_TESTS_BENCH_POLL_HISTORY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace seedance::bench {

// When each task was polled, by the vendor's id.
using PollHistory = std::map<std::string, std::vector<absl::Time>>;

// Most polls of all tasks in any stretch of one second, wherever it begins.
int MostInASecond(const PollHistory& polls);

// The longest that any of these tasks was left alone between `from` and `to`: the age of the oldest poll at its worst.
// A task that was never polled was left alone all the time.
absl::Duration OldestAge(const PollHistory& polls, const std::vector<std::string>& tasks, absl::Time from,
                         absl::Time to);

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_POLL_HISTORY_H_
