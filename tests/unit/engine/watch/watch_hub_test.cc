#include "service/engine/watch/watch_hub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/testing/eventually.h"

namespace seedance::engine {
namespace {

using ::seedance::testing::Eventually;

struct Thing {
  int64_t revision = 0;
};

using Hub = WatchHub<Thing>;

std::shared_ptr<const Thing> At(int64_t revision) { return std::make_shared<const Thing>(Thing{revision}); }

class WatchHubTest : public ::testing::Test {
 protected:
  // A session that has read nothing and begins with revision 1.
  std::shared_ptr<Hub::Session> Open(const std::string& key = "key") {
    auto session = hub_.Subscribe(key, [this] { ++pokes_; });
    session->StartAfter(0, At(1));
    return session;
  }

  std::atomic<int> pokes_{0};
  Hub hub_{"hub-test"};
};

TEST_F(WatchHubTest, BeginsWithTheSnapshotAndGivesEachRevisionOnce) {
  auto session = Open();
  ASSERT_NE(session->Take(), nullptr);
  EXPECT_EQ(session->taken(), 1);
  EXPECT_EQ(session->Take(), nullptr);
  hub_.Publish("key", At(2));
  ASSERT_TRUE(Eventually([&] { return pokes_ == 1; }));
  EXPECT_EQ(session->Take()->revision, 2);
  EXPECT_EQ(session->Take(), nullptr);
}

TEST_F(WatchHubTest, ADirectReaderIsToldByThePublisherBeforePublishReturns) {
  std::thread::id told;
  std::shared_ptr<Hub::Session> session = hub_.SubscribeDirect("key", [&] {
    told = std::this_thread::get_id();
    session->Leave();
  });
  session->StartAfter(1, At(1));
  auto other = Open();
  EXPECT_EQ(hub_.Count("key"), 1u) << "it is nobody who watches";
  EXPECT_EQ(hub_.size(), 2u);
  hub_.Publish("key", At(2));
  EXPECT_EQ(told, std::this_thread::get_id());
  EXPECT_EQ(session->Take()->revision, 2);
  told = {};
  hub_.Publish("key", At(3));
  EXPECT_EQ(told, std::thread::id()) << "it has left";
  EXPECT_EQ(hub_.size(), 1u);
  EXPECT_TRUE(Eventually([&] { return pokes_ >= 1; }));
}

TEST_F(WatchHubTest, ADirectReaderHearsOfTheEndAndItsTopicEndsWithIt) {
  int told = 0;
  auto session = hub_.SubscribeDirect("key", [&] { ++told; });
  hub_.PublishGone("key");
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(session->gone());
  session->Close();
  session = hub_.SubscribeDirect("key", [&] { ++told; });
  EXPECT_FALSE(session->gone());
  session.reset();
  hub_.Publish("key", At(9));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(hub_.size(), 0u);
}

TEST_F(WatchHubTest, AReaderThatIsUpToDateGetsNothingUntilSomethingIsNew) {
  auto session = hub_.Subscribe("key", [] {});
  session->StartAfter(5, At(5));
  EXPECT_EQ(session->Take(), nullptr);
  hub_.Publish("key", At(6));
  EXPECT_EQ(session->Take()->revision, 6);
}

TEST_F(WatchHubTest, ASlowReaderGetsTheNewestAndNoBacklog) {
  auto session = Open();
  for (int64_t revision = 2; revision <= 1000; ++revision) hub_.Publish("key", At(revision));
  EXPECT_EQ(session->Take()->revision, 1000);
  EXPECT_EQ(session->Take(), nullptr);
}

TEST_F(WatchHubTest, AnOlderRevisionIsIgnored) {
  auto session = Open();
  hub_.Publish("key", At(9));
  hub_.Publish("key", At(8));
  EXPECT_EQ(session->Take()->revision, 9);
  hub_.Publish("key", At(8));
  EXPECT_EQ(session->Take(), nullptr);
}

TEST_F(WatchHubTest, AChangeBetweenSubscriptionAndStartIsNotLost) {
  auto session = hub_.Subscribe("key", [] {});
  hub_.Publish("key", At(4));
  session->StartAfter(2, At(3));
  EXPECT_EQ(session->Take()->revision, 4);
}

TEST_F(WatchHubTest, OnlyReadersOfTheResourceAreTold) {
  auto session = Open("key");
  auto other = Open("other");
  (void)other->Take();
  hub_.Publish("key", At(2));
  ASSERT_TRUE(Eventually([&] { return pokes_ == 1; }));
  EXPECT_EQ(other->Take(), nullptr);
  EXPECT_EQ(hub_.Count("key"), 1u);
}

TEST_F(WatchHubTest, ADeletedResourceIsGoneForEveryReader) {
  auto first = Open();
  auto second = Open();
  EXPECT_FALSE(first->gone());
  hub_.PublishGone("key");
  EXPECT_TRUE(first->gone());
  EXPECT_TRUE(second->gone());
  EXPECT_TRUE(Eventually([&] { return pokes_ == 2; }));
}

TEST_F(WatchHubTest, AClosedSessionIsForgottenAndNotPoked) {
  auto session = Open();
  session->Close();
  session->Close();
  EXPECT_EQ(hub_.Count("key"), 0u);
  hub_.Publish("key", At(2));
  auto probe = Open();
  hub_.Publish("key", At(3));
  ASSERT_TRUE(Eventually([&] { return pokes_ > 0; }));
  EXPECT_EQ(pokes_, 1);
}

TEST_F(WatchHubTest, ASessionThatNobodyHoldsIsForgotten) {
  { auto session = Open(); }
  EXPECT_EQ(hub_.Count("key"), 0u);
}

TEST_F(WatchHubTest, CloseWaitsForTheCallThatRuns) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> left{false};
  auto session = hub_.Subscribe("key", [&] {
    entered = true;
    (void)Eventually([&] { return leave.load(); });
    left = true;
  });
  hub_.Publish("key", At(1));
  ASSERT_TRUE(Eventually([&] { return entered.load(); }));
  std::atomic<bool> closed{false};
  std::thread closer([&] {
    session->Close();
    EXPECT_TRUE(left);
    closed = true;
  });
  EXPECT_TRUE(Eventually([&] { return hub_.Count("key") == 0; }));
  EXPECT_FALSE(closed);
  leave = true;
  closer.join();
}

TEST_F(WatchHubTest, ThousandsOfSessionsComeAndGoWhileRevisionsArePublished) {
  constexpr int kSessions = 1000;
  constexpr int64_t kLast = 50;
  std::vector<std::shared_ptr<Hub::Session>> sessions;
  for (int i = 0; i < kSessions; ++i) sessions.push_back(Open());
  EXPECT_EQ(hub_.Count("key"), static_cast<size_t>(kSessions));
  std::thread closer([&] {
    for (int i = 0; i < kSessions; i += 2) sessions[i].reset();
  });
  std::thread newcomer([&] {
    for (int i = 0; i < kSessions; ++i) (void)Open()->Take();
  });
  for (int64_t revision = 2; revision <= kLast; ++revision) hub_.Publish("key", At(revision));
  closer.join();
  newcomer.join();
  // The hub still holds those that it is telling.
  EXPECT_TRUE(Eventually([&] { return hub_.Count("key") == static_cast<size_t>(kSessions / 2); }));
  for (int i = 1; i < kSessions; i += 2) EXPECT_EQ(sessions[i]->Take()->revision, kLast);
}

TEST_F(WatchHubTest, StopTellsWhatWasPublishedBefore) {
  auto session = Open();
  hub_.Publish("key", At(2));
  hub_.Stop();
  EXPECT_EQ(pokes_, 1);
  hub_.Publish("key", At(3));
  EXPECT_EQ(pokes_, 1);
}

// The hub's thread may be the last that holds a session.
TEST(WatchHubEndTest, MayEndWhileASessionIsBeingTold) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  std::thread releaser;
  {
    Hub hub("hub-end");
    auto session = hub.Subscribe("key", [&] {
      entered = true;
      (void)Eventually([&] { return leave.load(); });
    });
    hub.Publish("key", At(1));
    ASSERT_TRUE(Eventually([&] { return entered.load(); }));
    std::weak_ptr<Hub::Session> watched = session;
    session.reset();
    EXPECT_FALSE(watched.expired());
    releaser = std::thread([&] { leave = true; });
  }
  releaser.join();
}

TEST_F(WatchHubTest, AListenerHearsOfEveryPublicationWithOrWithoutReaders) {
  std::vector<std::string> heard;
  Hub hub("heard", [&](const std::string& key, const Thing* thing) {
    heard.push_back(key + (thing == nullptr ? " gone" : ""));
  });
  const auto session = hub.Subscribe("read", [] {});
  hub.Publish("unread", At(1));
  hub.Publish("read", At(2));
  hub.PublishGone("unread");
  EXPECT_EQ(heard, (std::vector<std::string>{"unread", "read", "unread gone"}));
}

TEST_F(WatchHubTest, AllReadersOfARevisionShareOneSnapshotThatIsEncodedOnce) {
  auto first = Open();
  auto second = Open();
  hub_.Publish("key", At(2));
  const auto one = first->TakeShared();
  const auto two = second->TakeShared();
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one, two);
  int encoded = 0;
  const auto encode = [&](const Thing& thing) {
    ++encoded;
    return std::string("revision ") + std::to_string(thing.revision);
  };
  const auto text = one->EncodedOnce<std::string>(encode);
  EXPECT_EQ(*text, "revision 2");
  EXPECT_EQ(two->EncodedOnce<std::string>(encode), text);
  EXPECT_EQ(encoded, 1);
}

TEST_F(WatchHubTest, ASnapshotFromTheStoreIsSharedWithThoseWhoAlreadyRead) {
  auto first = Open();
  const auto shared = first->TakeShared();
  auto second = hub_.Subscribe("key", [] {});
  second->StartAfter(0, At(1));
  EXPECT_EQ(second->TakeShared(), shared);
}

TEST_F(WatchHubTest, ReadersOfOneConnectionAreToldInARow) {
  std::vector<uint64_t> told;
  std::vector<std::shared_ptr<Hub::Session>> sessions;
  for (const uint64_t connection : {3, 1, 2, 1, 3, 2, 1}) {
    sessions.push_back(hub_.Subscribe(
        "key", [&told, connection] { told.push_back(connection); }, connection));
  }
  sessions.erase(sessions.begin() + 3);
  hub_.Publish("key", At(1));
  hub_.Stop();
  EXPECT_EQ(told, (std::vector<uint64_t>{1, 1, 2, 2, 3, 3}));
}

TEST_F(WatchHubTest, WhatIsCreatedUnderTheNameOfADeletedResourceIsNotGone) {
  auto old = Open();
  hub_.PublishGone("key");
  auto fresh = Open();
  EXPECT_TRUE(old->gone());
  EXPECT_FALSE(fresh->gone());
  hub_.Publish("key", At(2));
  EXPECT_EQ(fresh->Take()->revision, 2);
  EXPECT_EQ(old->Take()->revision, 1) << "the one that it had";
  old->Close();
  EXPECT_EQ(hub_.Count("key"), 1u);
  EXPECT_EQ(hub_.size(), 1u);
}

// A change of a resource with very many readers is told in slices, between which others get their turn.
TEST_F(WatchHubTest, AReaderOfAnotherResourceDoesNotWaitForAllOfThousands) {
  std::atomic<bool> go{false};
  std::atomic<int> crowd{0};
  int crowd_when_told = -1;
  std::vector<std::shared_ptr<Hub::Session>> sessions;
  for (int i = 0; i < 5000; ++i) {
    sessions.push_back(hub_.Subscribe("crowded", [&] {
      if (crowd == 0) (void)Eventually([&] { return go.load(); });
      ++crowd;
    }));
  }
  auto quiet = hub_.Subscribe("quiet", [&] { crowd_when_told = crowd; });
  hub_.Publish("crowded", At(1));
  hub_.Publish("quiet", At(1));
  go = true;
  ASSERT_TRUE(Eventually([&] { return crowd == 5000; }));
  hub_.Stop();
  EXPECT_GE(crowd_when_told, 1);
  EXPECT_LT(crowd_when_told, 2500);
}

TEST_F(WatchHubTest, ManyRevisionsWhileTheThreadIsBusyAreToldOnce) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  auto blocker = hub_.Subscribe("blocker", [&] {
    entered = true;
    (void)Eventually([&] { return leave.load(); });
  });
  auto session = Open();
  hub_.Publish("blocker", At(1));
  ASSERT_TRUE(Eventually([&] { return entered.load(); }));
  for (int64_t revision = 2; revision <= 100; ++revision) hub_.Publish("key", At(revision));
  leave = true;
  hub_.Stop();
  EXPECT_EQ(pokes_, 1);
  EXPECT_EQ(session->Take()->revision, 100);
}

}  // namespace
}  // namespace seedance::engine
