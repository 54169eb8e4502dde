#include "service/store/postgres/notices.h"

#include <vector>

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Stores that share a schema, without an engine.
class NoticesTest : public PostgresTest {
 protected:
  NoticesTest() {
    options_.replica = ReplicaOptions();
    options_.replica->beat = absl::Milliseconds(50);
    one_ = Share();
    two_ = Share();
  }
  ~NoticesTest() override {
    for (Store* store : {one_.get(), two_.get()}) store->ownership().Stop();
  }

  std::unique_ptr<Store> Share() {
    std::unique_ptr<Store> store = Open();
    EXPECT_TRUE(store->ownership()
                    .Start({[](const ShardSet&) { return absl::OkStatus(); }, [](const ShardSet&) {}, [] {}})
                    .ok());
    EXPECT_TRUE(Eventually([&] { return store->ownership().number() != 0; }));
    return store;
  }
  static std::vector<std::string> Keys(Store& store, int64_t after = 0) {
    std::vector<std::string> keys;
    const Ownership::Posted posted = *store.ownership().ReadPosted(after);
    for (const Notice& notice : posted.notices) keys.push_back(notice.key);
    return keys;
  }
  static Notice About(const std::string& key, absl::Duration left = absl::Minutes(5)) {
    return {key, "text of " + key, absl::Now() + left};
  }
  static std::string IdOf(Store& store, const std::string& stem) {
    for (int i = 0;; ++i) {
      std::string id = absl::StrCat(stem, i);
      if (store.ownership().OwnsId(id)) return id;
    }
  }
  static absl::Status Create(Store& store, const std::string& id, int64_t max_open) {
    model::GenerationTask task = testing::MakeTask(id);
    task.tenant = "t";
    model::JournalEntry call = testing::MakeCall(id);
    call.resource_name = task.name();
    return store.BeginEntry(call, &task, max_open).status();
  }

  std::unique_ptr<Store> one_;
  std::unique_ptr<Store> two_;
};

TEST_F(NoticesTest, OthersReadThemInTheOrderOfCommitsAndTheirSenderDoesNot) {
  ASSERT_TRUE(one_->ownership().Post({About("a")}).ok());
  ASSERT_TRUE(one_->ownership().Post({About("c"), About("b")}).ok());
  ASSERT_TRUE(one_->ownership().Post({About("a")}).ok());
  EXPECT_THAT(Keys(*two_), ElementsAre("c", "b", "a"));
  const std::vector<Notice> notices = two_->ownership().ReadPosted(0)->notices;
  EXPECT_EQ(notices[1].text, "text of b");
  EXPECT_GT(notices[1].until, absl::Now() + absl::Minutes(4));
  EXPECT_THAT(Keys(*two_, notices[1].revision), ElementsAre("a"));
  EXPECT_THAT(Keys(*one_), IsEmpty());
  // Own ones count as read.
  EXPECT_EQ(one_->ownership().ReadPosted(0)->revision, two_->ownership().ReadPosted(0)->revision);
}

TEST_F(NoticesTest, WhatIsOverForAMinuteIsRemoved) {
  ASSERT_TRUE(one_->ownership().Post({About("old", -absl::Minutes(2))}).ok());
  EXPECT_THAT(Keys(*two_), ElementsAre("old"));
  ASSERT_TRUE(one_->ownership().Post({About("new")}).ok());
  EXPECT_THAT(Keys(*two_), ElementsAre("new"));
}

TEST_F(NoticesTest, OpenTasksAreCountedForAllThatShareTheSchema) {
  ASSERT_TRUE(Eventually([&] {
    return one_->ownership().PartOf(kShards) == kShards / 2 && two_->ownership().PartOf(kShards) == kShards / 2;
  }));
  const std::string first = IdOf(*one_, "a");
  ASSERT_TRUE(Create(*one_, first, 2).ok());
  ASSERT_TRUE(Create(*two_, IdOf(*two_, "b"), 2).ok());
  for (Store* store : {one_.get(), two_.get()}) {
    const std::string id = IdOf(*store, "c");
    EXPECT_TRUE(absl::IsResourceExhausted(Create(*store, id, 2)));
    EXPECT_TRUE(absl::IsNotFound(store->GetTask(id).status())) << "nothing was written";
  }
  const auto end = [](model::GenerationTask& task) {
    task.state = model::TaskState::kFailed;
    return absl::OkStatus();
  };
  ASSERT_TRUE(two_->UpdateTask(first, end).ok());
  EXPECT_TRUE(Create(*two_, IdOf(*two_, "d"), 2).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Create(*one_, IdOf(*one_, "e"), 2)));
  // What has ended and is deleted is not counted twice.
  ASSERT_TRUE(one_->DeleteTask(first, absl::Now(), [](const auto&) { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Create(*one_, IdOf(*one_, "e"), 2)));
  EXPECT_TRUE(Create(*one_, IdOf(*one_, "e"), 3).ok());
}

}  // namespace
}  // namespace seedance::store::postgres
