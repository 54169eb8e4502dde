// What the log of an AnyFast account may lack or say wrongly: then a doubt may stay, but no task that was billed is
// ever called not taken.
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/usage_log_fixture.h"

namespace seedance::e2e {
namespace {

struct Case {
  const char* name;
  std::vector<std::string> flags;  // Of the sandbox.
  const char* prompt = "lost";
};

class MisleadingLogTest : public UsageLogFixture, public ::testing::WithParamInterface<Case> {};

TEST_P(MisleadingLogTest, NoBilledTaskIsCalledNotTaken) {
  std::vector<std::string> flags = {"--usage-log-lag-seconds", "0"};
  flags.insert(flags.end(), GetParam().flags.begin(), GetParam().flags.end());
  Open(flags, "", "lag: 1s, taken_within: 1s");
  // Known tasks, and refunds, of before.
  for (const char* prompt : {"before", "before [fail]"}) WaitForEnd(NewTask(prompt));
  Lose("drop_reply", 1, 1);
  const std::string name = NewTask(GetParam().prompt);
  ASSERT_TRUE(WaitForState(name, State::STATE_SUBMIT_UNKNOWN));
  // Longer than all time-outs, unless it is settled before. Later tasks show that the log goes on, and push older rows
  // out of a short one.
  const int64_t until = LogReads() + 7;
  const auto is_left = [&] { return Must(api().GetTask(name)).state() == State::STATE_SUBMIT_UNKNOWN; };
  const absl::Time end = absl::Now() + kPatience;
  int later = 0;
  while (LogReads() < until && is_left() && absl::Now() < end) {
    NewTask(absl::StrCat("later ", later, later % 4 == 0 ? " [fail]" : ""));
    ++later;
    absl::SleepFor(absl::Milliseconds(50));
  }
  const v1::GenerationTask task = Must(api().GetTask(name));
  EXPECT_NE(task.state(), State::STATE_FAILED) << task.ShortDebugString();
  EXPECT_TRUE(LogReads() >= until || !is_left());
  EXPECT_EQ(Must(sandbox().BillsByText()).at(GetParam().prompt).size(), 1u);
  std::cout << v1::GenerationTask::State_Name(task.state()) << " after " << later << " later tasks\n";
}

// Where models ignore seeds, the lost task is not bound before the log misleads.
INSTANTIATE_TEST_SUITE_P(Logs, MisleadingLogTest,
                         ::testing::Values(Case{"Refunds", {"--usage-log-rows", "refunds"}},
                                           Case{"FewRows", {"--usage-log-most-rows", "50", "--own-seeds"}},
                                           Case{"Nulls", {"--usage-log-damage", "null", "--own-seeds"}},
                                           Case{"Untimed", {"--usage-log-damage", "untimed"}},
                                           Case{"AtEnd", {"--usage-log-at-end"}},
                                           Case{"AtTheEndOfALongTask", {"--usage-log-at-end"}, "lost [stuck]"}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace seedance::e2e
