// Many tasks at a vendor with a rate, on a clock that jumps from event to event: the parts that decide (queue, gate,
// pace), without threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/dispatch/admission_control.h"
#include "service/engine/dispatch/fair_queue.h"
#include "service/engine/dispatch/poll_pace.h"

namespace seedance::engine {
namespace {

class Simulation {
 public:
  struct Options {
    int tasks = 0;
    double per_second = 50;
    absl::Duration latency = absl::Milliseconds(300);  // Longest answer.
    PollPace pace;
    bool learns = false;  // How long tasks take.
    absl::Duration shortest = absl::Seconds(60);
    absl::Duration longest = absl::Seconds(180);
    std::function<std::string(int)> tenant_of = [](int) { return std::string("t"); };
  };

  explicit Simulation(Options options) : options_(std::move(options)), gate_(GateOptions(options_)) {
    for (int id = 0; id < options_.tasks; ++id) {
      // All due at once, as after a start.
      Task task;
      task.answered = task.begin = now_;
      task.end = now_ + Duration();
      tasks_.push_back(task);
      dues_.push({now_, id});
    }
  }

  void Run(absl::Duration time) {
    const absl::Time end = now_ + time;
    while (now_ < end) {
      HandOut();
      absl::Time next = queue_.empty() ? absl::InfiniteFuture() : gate_.NextAt(RequestKind::kRead, false, now_);
      if (!dues_.empty()) next = std::min(next, dues_.top().first);
      if (!answers_.empty()) next = std::min(next, answers_.top().at);
      now_ = next;
      for (; !dues_.empty() && dues_.top().first <= now_; dues_.pop()) {
        const int id = dues_.top().second;
        queue_.Add({options_.tenant_of(id), absl::StrCat(id), tasks_[static_cast<size_t>(id)].rank, id});
      }
      for (; !answers_.empty() && answers_.top().at <= now_; answers_.pop()) Answer(answers_.top());
    }
  }

  // Most arrivals at the vendor in any second.
  size_t MostInASecond() {
    std::sort(arrivals_.begin(), arrivals_.end());
    size_t most = 0;
    size_t first = 0;
    for (size_t last = 0; last < arrivals_.size(); ++last) {
      while (arrivals_[first] <= arrivals_[last] - absl::Seconds(1)) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }

  // The greatest age that an answer about any task had at any time.
  absl::Duration OldestAge() {
    absl::Duration oldest = oldest_gap_;
    for (const Task& task : tasks_) oldest = std::max(oldest, now_ - task.answered);
    return oldest;
  }

  absl::Duration LagAt(double share) {
    std::sort(lags_.begin(), lags_.end());
    return lags_.at(static_cast<size_t>(share * static_cast<double>(lags_.size() - 1)));
  }

  size_t calls() const { return arrivals_.size(); }
  // Most polls of a task that began after the start, that of its end too.
  int most_polls() const { return most_polls_; }
  int polls_of(int id) const { return tasks_[static_cast<size_t>(id)].polls; }

 private:
  struct Task {
    absl::Time answered;
    absl::Time begin;
    absl::Time end;
    int polls = 0;
    int polls_of_life = 0;
    absl::Time rank = absl::InfinitePast();  // In the queue: when it would be due if nothing were known of its end.
  };
  struct Reply {
    absl::Time at;
    absl::Time arrived;
    int id;
    AdmissionControl::Call call;
    bool operator>(const Reply& other) const { return at > other.at; }
  };

  static AdmissionControl::Options GateOptions(const Options& options) {
    AdmissionControl::Options gate;
    gate.polls_per_second = options.per_second;
    return gate;
  }

  absl::Duration Duration() { return options_.shortest + (options_.longest - options_.shortest) * random_.Unit(); }

  void HandOut() {
    while (!queue_.empty() && gate_.NextAt(RequestKind::kRead, false, now_) <= now_) {
      const int id = queue_.Next()->payload;
      AdmissionControl::Call call = gate_.Take(RequestKind::kRead, now_);
      gate_.Sent(call, now_);
      const absl::Duration latency = options_.latency * random_.Unit();
      const absl::Time arrived = now_ + std::min(latency * random_.Unit(), SlidingWindowLimiter::kTravel);
      arrivals_.push_back(arrived);
      answers_.push({now_ + latency, arrived, id, call});
    }
  }

  void Answer(Reply reply) {
    gate_.Answered(reply.call, {}, now_);
    gate_.Ended(reply.call);
    Task& task = tasks_[static_cast<size_t>(reply.id)];
    oldest_gap_ = std::max(oldest_gap_, now_ - task.answered);
    task.answered = now_;
    ++task.polls;
    ++task.polls_of_life;
    if (reply.arrived >= task.end) {
      // Seen; another one takes its place.
      if (task.polls > task.polls_of_life) most_polls_ = std::max(most_polls_, task.polls_of_life);
      task.polls_of_life = 0;
      lags_.push_back(now_ - task.end);
      if (options_.learns) memory_.Add(task.end - task.begin);
      task.begin = now_;
      task.end = now_ + Duration();
    }
    PollFacts facts;
    facts.age = now_ - task.begin;
    if (options_.per_second > 0) facts.round = absl::Seconds(options_.tasks / options_.per_second);
    facts.crowded = !queue_.empty() || gate_.IsBusy(RequestKind::kRead, now_);
    facts.usual = memory_.Usual();
    const absl::Duration pause = Jittered(PollPause(options_.pace, facts), random_);
    facts.usual.reset();
    task.rank = now_ + std::max(pause, PollPause(options_.pace, facts));
    dues_.push({now_ + pause, reply.id});
  }

  const Options options_;
  base::SeededRandom random_{11};
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  AdmissionControl gate_;
  FairQueue<int> queue_;
  DurationMemory memory_;
  std::vector<Task> tasks_;
  std::priority_queue<std::pair<absl::Time, int>, std::vector<std::pair<absl::Time, int>>, std::greater<>> dues_;
  std::priority_queue<Reply, std::vector<Reply>, std::greater<>> answers_;
  std::vector<absl::Time> arrivals_;
  std::vector<absl::Duration> lags_;
  absl::Duration oldest_gap_;
  int most_polls_ = 0;
};

TEST(PaceSimulationTest, TenThousandTasksUnderACapNeverBreakItAndNoneIsForgotten) {
  Simulation::Options options;
  options.tasks = 10'000;
  Simulation simulation(options);
  const absl::Duration round = absl::Seconds(options.tasks / options.per_second);
  simulation.Run(round * 5);
  EXPECT_LE(simulation.MostInASecond(), 50u);
  EXPECT_LE(simulation.OldestAge(), 2 * round);
  EXPECT_GE(simulation.calls(), 40'000u) << "and the rate is used";
  ::testing::Test::RecordProperty("oldest_age_seconds", static_cast<int>(absl::ToInt64Seconds(simulation.OldestAge())));
  ::testing::Test::RecordProperty("calls", static_cast<int>(simulation.calls()));
}

TEST(PaceSimulationTest, ATenantWithTenTasksIsNotKeptWaitingByOneWithTenThousand) {
  Simulation::Options options;
  options.tasks = 10'010;
  options.tenant_of = [](int id) { return id < 10'000 ? "big" : "small"; };
  Simulation simulation(options);
  simulation.Run(absl::Minutes(5));
  EXPECT_LE(simulation.MostInASecond(), 50u);
  // Its pace is 10 s, as if it were alone.
  for (int id = 10'000; id < 10'010; ++id) EXPECT_GE(simulation.polls_of(id), 25) << id;
  EXPECT_LE(simulation.polls_of(0), 3);
}

TEST(PaceSimulationTest, FiveHundredTasksAreSeenWithinThePaceAndASecond) {
  Simulation::Options options;
  options.tasks = 500;
  options.pace.running = absl::Seconds(15);
  for (const bool learns : {false, true}) {
    options.learns = learns;
    Simulation simulation(options);
    simulation.Run(absl::Minutes(30));
    EXPECT_LE(simulation.LagAt(0.99), absl::Seconds(16)) << learns;
    EXPECT_LE(simulation.MostInASecond(), 50u);
    ::testing::Test::RecordProperty(learns ? "p99_lag_ms_learned" : "p99_lag_ms",
                                    static_cast<int>(absl::ToInt64Milliseconds(simulation.LagAt(0.99))));
  }
}

TEST(PaceSimulationTest, EndsOfShortWatchedTasksAreSeenWithinFiveAndAHalfSecondsBySixPolls) {
  Simulation::Options options;
  options.tasks = 100;
  options.pace.watched = absl::Seconds(5);
  options.shortest = absl::Seconds(12);
  options.longest = absl::Seconds(27);
  for (const bool learns : {false, true}) {
    options.learns = learns;
    Simulation simulation(options);
    simulation.Run(absl::Minutes(30));
    EXPECT_LE(simulation.LagAt(0.99), absl::Seconds(5.5)) << learns;
    EXPECT_LE(simulation.most_polls(), 6) << learns;
    EXPECT_GE(simulation.most_polls(), 5) << learns;
    EXPECT_LE(simulation.MostInASecond(), 50u);
  }
}

TEST(PaceSimulationTest, WatchedTasksShareTheRateWhenItDoesNotAllowTheirPace) {
  Simulation::Options options;
  options.pace.watched = absl::Seconds(5);
  options.pace.running = absl::Seconds(60);
  for (const int tasks : {400, 1000}) {
    options.tasks = tasks;
    Simulation simulation(options);
    simulation.Run(absl::Minutes(20));
    const absl::Duration round = absl::Seconds(tasks / options.per_second);
    EXPECT_LE(simulation.LagAt(0.99), round * 1.4) << tasks;
    EXPECT_LE(simulation.MostInASecond(), 50u);
    EXPECT_LE(simulation.OldestAge(), 2 * round) << tasks;
  }
}

TEST(PaceSimulationTest, WhatIsLearnedOfDurationsMakesEndsSeenSooner) {
  Simulation::Options options;
  options.tasks = 100;
  options.pace.running = absl::Seconds(15);
  Simulation plain(options);
  options.learns = true;
  Simulation learned(options);
  plain.Run(absl::Minutes(30));
  learned.Run(absl::Minutes(30));
  EXPECT_LT(learned.LagAt(0.5), plain.LagAt(0.5) * 0.75);
}

}  // namespace
}  // namespace seedance::engine
