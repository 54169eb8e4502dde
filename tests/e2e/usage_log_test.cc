// AnyFast tasks whose answers were lost are settled by the vendor's own log of what it billed: bound where it shows
// them, failed where it shows that they were never taken, and left in doubt where it proves nothing.
#include <httplib.h>

#include <atomic>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/usage_log_fixture.h"

namespace seedance::e2e {
namespace {

class UsageLogTest : public UsageLogFixture {
 protected:
  // A task that another client makes with the same key.
  void MakeForeign(const std::string& prompt) {
    httplib::Client client(sandbox().url());
    const httplib::Headers headers = {{"Authorization", "Bearer sandbox-key"}};
    const std::string body =
        absl::StrCat(R"({"model":"seedance","content":[{"type":"text","text":")", prompt, R"("}]})");
    (void)client.Post("/v1/video/generations", headers, body, "application/json");
  }

  int64_t CountInDoubt() {
    v1::ListGenerationTasksRequest request;
    request.set_page_size(1000);
    request.add_states(State::STATE_SUBMIT_UNKNOWN);
    return Must(api().ListTasks(request)).generation_tasks_size();
  }
  std::map<std::string, std::string> PromptsById() {
    std::map<std::string, std::string> prompts;
    for (const testing::SandboxTask& task : Must(sandbox().Tasks())) prompts[task.id] = task.prompt;
    return prompts;
  }
};

TEST_F(UsageLogTest, ThirtyPercentOfAnswersLostSettleWithoutASecondBillOrAForeignTask) {
  Open();
  // A long log counts as cut: its oldest row must be older than the doubts for their absence to count. And it must list
  // a task that runs.
  WaitForEnd(NewTask("before"));
  NewTask("runs [stuck]");
  // The vendor's time is real: older than the lag of the log and the difference of clocks.
  absl::SleepFor(absl::Seconds(5));
  constexpr int kThreads = 8;
  constexpr int kTasksOfThread = 25;
  // Half of the lost answers are of tasks that the vendor took, half of tasks that never arrived.
  Lose("drop_reply", 0.15);
  Lose("reset", 0.18);
  std::vector<std::string> names(kThreads * kTasksOfThread);
  std::thread foreign([&] {
    for (int i = 0; i < 100; ++i) MakeForeign(absl::StrCat("theirs ", i));
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < kThreads; ++i) {
    callers.emplace_back([&, i] {
      const auto client = NewApi();
      for (int n = 0; n < kTasksOfThread; ++n) {
        const int number = i * kTasksOfThread + n;
        names[static_cast<size_t>(number)] = Must(client->CreateTask(TaskOf(absl::StrCat("ours ", number)))).name();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  foreign.join();
  Must(sandbox().ClearFaults());
  const int64_t doubts = CountInDoubt();
  ASSERT_GT(doubts, 20);
  // Work goes on: tasks of later show that the log is no older than the doubts.
  std::atomic<bool> settled{false};
  std::thread later([&] {
    const auto client = NewApi();
    for (int i = 0; !settled; ++i) {
      Must(client->CreateTask(TaskOf(absl::StrCat("later ", i))));
      absl::SleepFor(absl::Seconds(1));
    }
  });
  int64_t left = doubts;
  EXPECT_TRUE(Eventually([&] { return (left = CountInDoubt()) * 100 <= doubts; }, kPatience));
  settled = true;
  later.join();
  const std::map<std::string, std::string> prompts = PromptsById();
  const auto bills = Must(sandbox().BillsByText());
  int bound = 0;
  int not_taken = 0;
  std::set<std::string> ids;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string prompt = absl::StrCat("ours ", i);
    const v1::GenerationTask task = Must(api().GetTask(names[i]));
    const auto billed = bills.find(prompt);
    const size_t count = billed == bills.end() ? 0 : billed->second.size();
    EXPECT_LE(count, 1u) << "a second bill";
    if (task.state() == State::STATE_SUBMIT_UNKNOWN) continue;
    if (task.upstream_task_id().empty()) {
      EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_UPSTREAM_FAILED) << task.ShortDebugString();
      EXPECT_EQ(count, 0u) << "billed, but called never taken: " << prompt;
      ++not_taken;
      continue;
    }
    ASSERT_EQ(prompts.count(task.upstream_task_id()), 1u);
    EXPECT_EQ(prompts.at(task.upstream_task_id()), prompt) << "a foreign task";
    EXPECT_TRUE(ids.insert(task.upstream_task_id()).second);
    ++bound;
  }
  std::cout << names.size() << " tasks, " << doubts << " in doubt: " << left << " left; " << bound << " at the vendor, "
            << not_taken << " never taken; " << LogReads() << " reads of the log\n";
  EXPECT_GT(not_taken, 0);
}

TEST_F(UsageLogTest, WhatTheVendorBillsAfterTheConnectionBrokeIsFound) {
  Open();
  testing::SandboxFault fault;
  fault.kind = "delay";
  fault.method = "POST";
  fault.path = "/v1/video/generations";
  fault.delay = absl::Seconds(4);  // Longer than the gateway waits for the answer.
  AddFault(fault);
  const std::string name = NewTask("late");
  ASSERT_TRUE(WaitForState(name, State::STATE_SUBMIT_UNKNOWN));
  EXPECT_EQ(WaitForEnd(NewTask("later")).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 2);
}

TEST_F(UsageLogTest, ForksThatLogNothingLeaveTheDoubt) {
  OpenPatiently({"--usage-log", "empty"});
  Lose("drop_reply", 1, 1);
  const std::string name = NewTask("a fox");
  EXPECT_EQ(WaitForEnd(NewTask("later")).state(), State::STATE_SUCCEEDED);
  EXPECT_TRUE(Eventually([&] { return LogReads() >= 8; }, kPatience));
  EXPECT_EQ(Must(api().GetTask(name)).state(), State::STATE_SUBMIT_UNKNOWN);
}

TEST_F(UsageLogTest, ALogWithoutIdsBindsNothingAndNeverShowsAbsenceOfWhatItLists) {
  OpenPatiently({"--usage-log-ids", "false"}, ", exclusive_key: true");
  Lose("drop_reply", 1, 1);
  const std::string name = NewTask("a fox");
  EXPECT_EQ(WaitForEnd(NewTask("later")).state(), State::STATE_SUCCEEDED);
  EXPECT_TRUE(Eventually([&] { return LogReads() >= 8; }, kPatience));
  EXPECT_EQ(Must(api().GetTask(name)).state(), State::STATE_SUBMIT_UNKNOWN);
}

TEST_F(UsageLogTest, OldVersionsGetTheKeyInTheQueryOnlyWhenToldSo) {
  OpenPatiently({"--usage-log-query-key"}, ", key_in_query: true");
  EXPECT_EQ(WaitForEnd(NewTask("before")).state(), State::STATE_SUCCEEDED);
  Lose("drop_reply", 1, 1);
  const std::string name = NewTask("a fox");
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(Bills("CreateTask"), 2);
}

TEST_F(UsageLogTest, CostsAreToldAfterTheEndAndRefundsCount) {
  OpenPatiently();
  const std::string name = NewTask("a fox");
  const std::string failed = NewTask("a fox [fail]");
  EXPECT_EQ(WaitForEnd(name).state(), State::STATE_SUCCEEDED);
  EXPECT_EQ(WaitForEnd(failed).state(), State::STATE_FAILED);
  EXPECT_TRUE(Eventually([&] { return Must(api().GetTask(name)).has_settled_cost(); }, kPatience));
  EXPECT_EQ(Must(api().GetTask(name)).settled_cost().currency_code(), "USD");
  EXPECT_EQ(Must(api().GetTask(name)).settled_cost().units(), 0);
  EXPECT_EQ(Must(api().GetTask(name)).settled_cost().nanos(), 500'000'000);
  EXPECT_TRUE(Eventually(
      [&] {
        const v1::GenerationTask task = Must(api().GetTask(failed));
        return task.has_settled_cost() && task.settled_cost().nanos() == 0;
      },
      kPatience));
}

}  // namespace
}  // namespace seedance::e2e
