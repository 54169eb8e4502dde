// What two engines over one store tell each other beside it.
#include "service/engine/notice_board.h"

#include <string>
#include <vector>

#include "tests/unit/engine/replicas_fixture.h"

namespace seedance::testing {
namespace {

constexpr char kPollsRest[] = "seedance_vendor_cooldown_seconds{kind=\"poll\",upstream=\"fake\"} ";
constexpr char kDown[] = "seedance_breaker_open{upstream=\"fake\"} ";

class NoticeBoardTest : public ReplicasTest {
 protected:
  // Both hear what the other one tells, until `condition` holds.
  template <typename Condition>
  bool Heard(Condition condition, absl::Duration step = absl::ZeroDuration()) {
    return Eventually([&] {
      clock_.Advance(step);
      one_->ownership.Tell();
      two_->ownership.Tell();
      return condition();
    });
  }
  // The next `count` polls of the replica end so.
  static void Fail(Replica& replica, const absl::Status& status, int count = 1) {
    for (int i = 0; i < count; ++i) replica.vendor.get_task.Answer(status);
  }
  absl::Status Broken() { return Failure(base::Reason::kUpstreamUnavailable, "no connection"); }
  static bool IsDown(Replica& replica) { return replica.Shows(absl::StrCat(kDown, 1)); }
  static bool Rests(Replica& replica) { return !replica.Shows(absl::StrCat(kPollsRest, 0)); }

  model::UpstreamHandle StoredAsset(const std::string& id) {
    model::Asset asset;
    asset.handle = {"fake", id};
    asset.tenant = kTenant;
    asset.state = model::AssetState::kActive;
    asset.create_time = asset.update_time = clock_.Now();
    EXPECT_TRUE(store_->PutAsset(asset).ok());
    return asset.handle;
  }
};

TEST_F(NoticeBoardTest, ACooldownOfTheAccountHoldsForAll) {
  (void)Submitted(*one_);
  (void)Submitted(*two_);
  // Again after it has run out by itself.
  for (int i = 0; i < 2; ++i) {
    const absl::Time begin = clock_.Now();
    Fail(*one_, AccountLimited(absl::Minutes(10)));
    ASSERT_TRUE(Heard([&] { return Rests(*one_) && Rests(*two_); }, absl::Seconds(1)));
    // One may be under way already.
    EXPECT_TRUE(Polls(*two_, 2));
    EXPECT_GE(clock_.Now(), begin + absl::Minutes(10));
    ASSERT_TRUE(Heard([&] { return !Rests(*one_) && !Rests(*two_); }, absl::Seconds(1)));
  }
}

TEST_F(NoticeBoardTest, ACooldownThatOneFoundToBeOverIsOverForAll) {
  // Not said of the account: single polls try meanwhile, and those of the other process succeed.
  constexpr int kTasks = engine::AdmissionControl::kLimitedAnswers;
  for (int i = 0; i < kTasks; ++i) (void)Submitted(*one_);
  Fail(*one_, Failure(base::Reason::kRateLimited, "429", absl::Hours(1)), kTasks);
  ASSERT_TRUE(Heard([&] { return Rests(*one_) && Rests(*two_); }, absl::Seconds(1)));
  const absl::Time begin = clock_.Now();
  ASSERT_TRUE(two_->Create().ok());
  EXPECT_TRUE(Heard([&] { return !Rests(*one_) && !Rests(*two_); }, absl::Seconds(1)));
  EXPECT_LT(clock_.Now(), begin + absl::Minutes(50));
}

TEST_F(NoticeBoardTest, AVendorThatIsDownForOneIsDownForAllThatHaveNoAnswer) {
  (void)Submitted(*one_);
  Fail(*one_, Broken(), 3);
  ASSERT_TRUE(Heard([&] { return IsDown(*one_); }, absl::Seconds(1)));
  EXPECT_TRUE(Heard([&] { return IsDown(*two_); }));
  // The first one that gets an answer tells the others to try.
  EXPECT_TRUE(Heard([&] { return !IsDown(*one_); }, absl::Seconds(1)));
  ASSERT_TRUE(two_->Create().ok());
  EXPECT_TRUE(Heard([&] { return !IsDown(*two_); }, absl::Seconds(1)));
}

TEST_F(NoticeBoardTest, AWebhookThatComesToAnotherProcessBringsThePollForward) {
  const std::string id = Submitted(*one_);
  Report(id, TaskState::kSucceeded);
  const absl::Time before = clock_.Now();
  EXPECT_EQ(two_->engine->webhooks().Receive("token", {{"x-secret", "hush"}}, Stored(id).upstream_task_id),
            engine::WebhookAnswer::kTaken);
  EXPECT_TRUE(Heard([&] { return Stored(id).state == TaskState::kSucceeded; }));
  EXPECT_EQ(clock_.Now(), before);
  EXPECT_EQ(two_->polls(), 0);
}

TEST_F(NoticeBoardTest, WatchersOfAnAssetHearOfItsDeletionElsewhere) {
  const model::UpstreamHandle asset = StoredAsset("a");
  upstream::AssetReport known;
  known.id = "a";
  one_->vendor.SetAsset(known);
  const auto session = two_->engine->asset_hub().Subscribe(model::AssetName(asset), [] {});
  Answer<engine::Nothing> answer;
  one_->engine->assets().Delete(Caller(), asset, /*allow_missing=*/false, answer.done());
  ASSERT_TRUE(answer.Wait().ok());
  EXPECT_TRUE(Heard([&] { return session->gone(); }));
}

TEST_F(NoticeBoardTest, WatchersElsewhereGiveATaskThePaceOfAWatchedOne) {
  const std::string id = Submitted(*one_);
  Report(id, TaskState::kRunning);
  ASSERT_TRUE(Reaches(id, TaskState::kRunning, absl::Seconds(1)));
  const auto time_of_polls = [&](int count) {
    const absl::Time begin = clock_.Now();
    EXPECT_TRUE(Polls(*one_, count));
    return clock_.Now() - begin;
  };
  // Once a minute, with jitter.
  EXPECT_GE(time_of_polls(3), absl::Seconds(100));
  auto session = two_->Watch(id);
  EXPECT_TRUE(Heard([&] { return time_of_polls(5) < absl::Seconds(60); }, absl::Seconds(1)));
  session.reset();
  EXPECT_TRUE(Heard([&] { return time_of_polls(3) >= absl::Seconds(100); }, absl::Seconds(1)));
}

TEST_F(NoticeBoardTest, WhatCannotBeToldNowIsToldLater) {
  const std::string id = Submitted(*one_);
  Report(id, TaskState::kSucceeded);
  const absl::Time begin = clock_.Now();
  two_->ownership.SetReachable(false);
  (void)two_->engine->webhooks().Receive("token", {{"x-secret", "hush"}}, Stored(id).upstream_task_id);
  EXPECT_TRUE(Eventually([&] { return two_->ownership.refused() > 0; }));
  two_->ownership.SetReachable(true);
  // In small steps: however late the next try is set, it comes long before the first poll, in a minute.
  EXPECT_TRUE(Heard([&] { return Stored(id).state == TaskState::kSucceeded; }, engine::NoticeBoard::kTick / 100));
  EXPECT_LT(clock_.Now(), begin + absl::Seconds(45));
}

TEST_F(NoticeBoardTest, WhatNobodyUnderstandsChangesNothing) {
  const absl::Time later = clock_.Now() + absl::Hours(1);
  std::vector<store::Notice> odd;
  for (const char* key : {"", "cooldown/", "cooldown/7/fake/p", "cooldown/x/fake/p", "cooldown/0/fake",
                          "cooldown/0/none/p", "cooldown/0/fake/p", "down/none", "news/", "watched/", "later/x"}) {
    odd.push_back({key, "until=x callers= =1 left=99999999999999999999 cause=99", later});
  }
  board_->Post(nullptr, odd);
  // Of a host whose clock is far ahead: it counts for as long as that host has to wait.
  const absl::Time ahead = clock_.Now() + absl::Hours(5);
  board_->Post(nullptr,
               {{"cooldown/0/fake/ahead",
                 absl::StrCat("until=", absl::ToUnixMicros(ahead), " left=60000000 callers=1 cause=99"), later}});
  (void)Submitted(*one_);
  ASSERT_TRUE(Heard([&] { return Rests(*one_); }));
  const absl::Time begin = clock_.Now();
  EXPECT_TRUE(Heard([&] { return !Rests(*one_) && !Rests(*two_); }, absl::Seconds(1)));
  EXPECT_LE(clock_.Now(), begin + absl::Minutes(2));
}

TEST(WatchedTasksTest, TheirTextIsReadBack) {
  const engine::WatchedTasks some{{"a tenant", "=*"}, {"id-1", "id-2"}, false};
  EXPECT_EQ(engine::ParseWatchedTasks(engine::TextOf(some)), some);
  const engine::WatchedTasks all{{}, {}, true};
  EXPECT_EQ(engine::ParseWatchedTasks(engine::TextOf(all)), all);
  EXPECT_EQ(engine::ParseWatchedTasks(" =!!! "), engine::WatchedTasks());
}

TEST(RemoteWatchersTest, TheyAreForgottenWhenTheyAreNotToldAgain) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  engine::RemoteWatchers watchers;
  EXPECT_THAT(watchers.Heard("p", {{"t"}, {"one"}, false}, now + absl::Minutes(1)), ::testing::ElementsAre("one"));
  EXPECT_THAT(watchers.Heard("p", {{"t"}, {"one", "two"}, false}, now + absl::Minutes(2)),
              ::testing::ElementsAre("two"));
  EXPECT_TRUE(watchers.Watches("x", "one", now));
  EXPECT_TRUE(watchers.Watches("t", "other", now));
  EXPECT_FALSE(watchers.Watches("x", "other", now));
  EXPECT_FALSE(watchers.Watches("x", "one", now + absl::Minutes(2)));
}

}  // namespace
}  // namespace seedance::testing
