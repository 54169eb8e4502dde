#include "service/engine/tasks/webhooks.h"

#include <functional>
#include <thread>
#include <utility>

#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/tasks/tracker_fixture.h"

namespace seedance::testing {
namespace {

using base::Reason;
using engine::WebhookAnswer;
using model::TaskState;

class WebhooksTest : public TrackerTest {
 protected:
  int polls() { return vendor_.get_task.calls(); }
};

TEST_F(WebhooksTest, OnlyTheVendorUnderItsOwnPathIsHeard) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  EXPECT_EQ(webhooks_->Receive("nonsense", Saying("hush"), VendorId(id)), WebhookAnswer::kUnknownPath);
  EXPECT_EQ(webhooks_->Receive("", Saying("hush"), VendorId(id)), WebhookAnswer::kUnknownPath);
  EXPECT_EQ(webhooks_->Receive("gone", Saying("hush"), VendorId(id)), WebhookAnswer::kUnknownPath);
  EXPECT_EQ(webhooks_->Receive("deaf", Saying("hush"), VendorId(id)), WebhookAnswer::kUnknownPath);
  EXPECT_EQ(webhooks_->Receive("token", Saying("guess"), VendorId(id)), WebhookAnswer::kUnverified);
  EXPECT_EQ(webhooks_->Receive("token", {}, VendorId(id)), WebhookAnswer::kUnverified);
  Settle();
  EXPECT_EQ(polls(), 0);
  EXPECT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
  Settle();
  EXPECT_EQ(Stored(id).state, TaskState::kSucceeded);
}

TEST_F(WebhooksTest, UnknownLateAndRepeatedOnesChangeNothing) {
  Start();
  const std::string id = SubmittedTask();
  const std::string vendor_id = VendorId(id);
  vendor_.SetTask(vendor_id, Report(TaskState::kSucceeded));
  EXPECT_EQ(Webhook("task-of-somebody-else"), WebhookAnswer::kTaken);
  EXPECT_EQ(Webhook(""), WebhookAnswer::kTaken);
  Settle();
  EXPECT_EQ(polls(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Webhook(vendor_id), WebhookAnswer::kTaken);
  Settle();
  const int64_t revision = Stored(id).revision;
  ASSERT_EQ(Stored(id).state, TaskState::kSucceeded);
  vendor_.SetTask(vendor_id, Report(TaskState::kFailed));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Webhook(vendor_id), WebhookAnswer::kTaken);
  Advance(absl::Hours(1));
  EXPECT_EQ(Stored(id).revision, revision);
  EXPECT_EQ(polls(), 1);
}

TEST_F(WebhooksTest, TheEndOfATaskReachesAWatcherWithoutAnyTimePassing) {
  Start();
  const std::string id = SubmittedTask();
  const auto session = hub_->Subscribe(Stored(id).name(), [] {});
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  EXPECT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
  ASSERT_TRUE(Eventually([&] {
    const auto snapshot = session->Take();
    return snapshot != nullptr && snapshot->state == TaskState::kSucceeded;
  }));
  EXPECT_EQ(Stored(id).end_time, clock_.Now());
}

TEST_F(WebhooksTest, ManyDuringAPollLeadToOneMorePollAfterIt) {
  Start();
  const std::string id = SubmittedTask();
  vendor_.get_task.Close();
  ASSERT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() == 1; }));
  clock_.Advance(absl::Seconds(2));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
  EXPECT_TRUE(Always([&] { return vendor_.get_task.waiting() == 1 && polls() == 1; }, absl::Milliseconds(50)));
  vendor_.get_task.Open();
  ASSERT_TRUE(Eventually([&] { return polls() == 2; }));
  Settle();
  EXPECT_EQ(polls(), 2);
}

TEST_F(WebhooksTest, FromManyThreadsNeverMakeTwoPollsOfATaskAtATime) {
  Start();
  const std::string id = SubmittedTask();
  const std::string vendor_id = VendorId(id);
  vendor_.get_task.Close();
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&] {
      for (int j = 0; j < 200; ++j) {
        (void)Webhook(vendor_id);
        clock_.Advance(absl::Milliseconds(100));
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_TRUE(Eventually([&] { return vendor_.get_task.waiting() > 0; }));
  EXPECT_EQ(polls(), 1);
  vendor_.get_task.Open();
}

class TrustTest : public WebhooksTest {
 protected:
  // A task that the vendor runs, whose last poll was just now.
  std::string RunningTask() {
    const std::string id = SubmittedTask();
    vendor_.SetTask(VendorId(id), Report(TaskState::kRunning));
    Advance(absl::Seconds(17));
    EXPECT_EQ(Stored(id).state, TaskState::kRunning);
    return id;
  }
  // A running task of a vendor whose webhooks arrive.
  std::string TrustedTask() {
    const std::string id = RunningTask();
    vendor_.SetTask(VendorId(id), Report(TaskState::kRunning, 1));
    EXPECT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
    Settle();
    EXPECT_EQ(Stored(id).progress_percent, 1);
    return id;
  }
};

TEST_F(TrustTest, PollsAreRareWhileWebhooksArrive) {
  Start();
  (void)TrustedTask();
  const int before = polls();
  Advance(absl::Seconds(107));
  EXPECT_EQ(polls(), before);
  Advance(absl::Seconds(26));
  EXPECT_EQ(polls(), before + 1);
}

TEST_F(TrustTest, IsNeverAReasonToPollMoreOften) {
  engine::TaskTracker::Options options;
  options.poll_interval_with_webhooks = absl::Milliseconds(50);
  Start(options);
  (void)TrustedTask();
  const int before = polls();
  Advance(absl::Seconds(8));
  EXPECT_EQ(polls(), before);
}

TEST_F(TrustTest, EndsWithAnEndThatNoWebhookToldOfAndComesBackWithTheNextWebhook) {
  Start();
  const std::string other = RunningTask();
  const std::string missed = TrustedTask();
  vendor_.SetTask(VendorId(missed), Report(TaskState::kSucceeded));
  Advance(absl::Seconds(133));
  ASSERT_EQ(Stored(missed).state, TaskState::kSucceeded);
  Advance(absl::Seconds(133));  // The other one's pause may have been long once more.
  int before = polls();
  Advance(absl::Seconds(12));
  EXPECT_EQ(polls(), before + 1);
  vendor_.SetTask(VendorId(other), Report(TaskState::kRunning, 5));
  EXPECT_EQ(Webhook(VendorId(other)), WebhookAnswer::kTaken);
  Settle();
  before = polls();
  Advance(absl::Seconds(60));
  EXPECT_EQ(polls(), before);
}

TEST_F(TrustTest, AnEndThatAWebhookToldOfKeepsIt) {
  Start();
  const std::string first = TrustedTask();
  clock_.Advance(absl::Seconds(1));
  vendor_.SetTask(VendorId(first), Report(TaskState::kSucceeded));
  EXPECT_EQ(Webhook(VendorId(first)), WebhookAnswer::kTaken);
  Settle();
  ASSERT_EQ(Stored(first).state, TaskState::kSucceeded);
  (void)SubmittedTask();
  const int before = polls();
  Advance(absl::Seconds(60));
  EXPECT_EQ(polls(), before);
}

TEST_F(TrustTest, AWebhookWhoseNewsCannotBeReadYetIsFollowedUpAtTheUsualPace) {
  Start();
  const std::string id = TrustedTask();
  clock_.Advance(absl::Seconds(2));
  vendor_.get_task.Answer(Failure(Reason::kUpstreamUnavailable, "no route"));
  EXPECT_EQ(Webhook(VendorId(id)), WebhookAnswer::kTaken);
  Settle();
  vendor_.SetTask(VendorId(id), Report(TaskState::kSucceeded));
  Advance(absl::Seconds(11));
  EXPECT_EQ(Stored(id).state, TaskState::kSucceeded);
}

// Many tasks, one after the other, and the webhooks that the vendor sends about them.
class TrafficTest : public WebhooksTest {
 protected:
  static constexpr int kTasks = 40;

  // Runs all tasks to their ends in steps of two seconds: 40 s queued, 200 s running. Returns the number of polls.
  int Run(const std::function<void(const std::string&)>& webhook) {
    Start();
    const absl::Duration step = absl::Seconds(2);
    struct Job {
      std::string id;
      absl::Time begin;
      absl::Time end;
    };
    std::vector<Job> jobs;
    const int before = polls();
    for (int tick = 0; tick < kTasks + 140; ++tick) {
      if (tick < kTasks) jobs.push_back({SubmittedTask(), clock_.Now(), absl::InfiniteFuture()});
      clock_.Advance(step);
      for (Job& job : jobs) {
        const absl::Duration age = clock_.Now() - job.begin;
        if (age != absl::Seconds(40) && age != absl::Seconds(240)) continue;
        const bool over = age == absl::Seconds(240);
        if (over) job.end = clock_.Now();
        vendor_.SetTask(VendorId(job.id), Report(over ? TaskState::kSucceeded : TaskState::kRunning));
        webhook(VendorId(job.id));
      }
      Settle();
      // Seen within a usual pause, its jitter and a step of the clock.
      for (const Job& job : jobs) {
        if (clock_.Now() < job.end + absl::Seconds(13)) continue;
        EXPECT_EQ(Stored(job.id).state, TaskState::kSucceeded);
      }
    }
    for (const Job& job : jobs) EXPECT_EQ(Stored(job.id).state, TaskState::kSucceeded);
    const int made = polls() - before;
    Stop();
    return made;
  }
};

TEST_F(TrafficTest, WithWebhooksThereAreAtLeastFourFifthsFewerPolls) {
  const int without = Run([](const std::string&) {});
  const int with = Run([this](const std::string& vendor_id) { (void)Webhook(vendor_id); });
  RecordProperty("polls_without", without);
  RecordProperty("polls_with", with);
  EXPECT_GT(without, 0);
  EXPECT_LE(with * 5, without) << with << " polls with webhooks, " << without << " without";
}

TEST_F(TrafficTest, WithDuplicatesAndOnesOfUnknownTasksThereIsNoMoreThanOnePollForEach) {
  const int made = Run([this](const std::string& vendor_id) {
    for (int i = 0; i < 3; ++i) (void)Webhook(vendor_id);
    (void)Webhook("unknown");
  });
  // Two that webhooks cause, two in 240 s that none does.
  EXPECT_LE(made, kTasks * 5);
}

}  // namespace
}  // namespace seedance::testing
