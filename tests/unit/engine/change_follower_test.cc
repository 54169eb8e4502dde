#include "service/engine/change_follower.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/contract/store_samples.h"
#include "tests/unit/engine/engine_fixture.h"

namespace seedance::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangeFollowerTest : public ::testing::Test, public engine::ChangeFollower::Observer {
 protected:
  void OnTask(const model::GenerationTask& task) override { Note(absl::StrCat("task ", task.id)); }
  void OnTaskDeleted(const std::string& tenant, const std::string& id) override {
    Note(absl::StrCat("deleted ", id, " of ", tenant));
  }
  void OnAsset(const model::Asset& asset) override { Note(asset.name()); }
  void OnNotice(const store::Notice& notice) override { Note(notice.key); }

  void Note(const std::string& what) {
    base::MutexLock lock(mutex_);
    told_.push_back(what);
  }
  std::vector<std::string> Told() {
    base::MutexLock lock(mutex_);
    return told_;
  }
  void AddTask(const std::string& id) {
    const model::GenerationTask task = MakeTask(id);
    model::JournalEntry call = MakeCall(id);
    call.resource_name = task.name();
    ASSERT_TRUE(store_->BeginEntry(call, &task).ok());
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
  base::Mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(ChangeFollowerTest, TellsWhatIsWrittenAfterTheStartInOrder) {
  AddTask("before");
  engine::ChangeFollower follower(*store_, *this, clock_);
  ASSERT_TRUE(follower.Start().ok());
  AddTask("a");
  model::Asset asset;
  asset.handle = {"fake", "x"};
  asset.tenant = kTenant;
  ASSERT_TRUE(store_->PutAsset(asset).ok());
  AddTask("b");
  const std::string tenant = store_->GetTask("b")->tenant;
  ASSERT_TRUE(store_->DeleteTask("a", clock_.Now(), [](const auto&) { return absl::OkStatus(); }).ok());
  follower.Look();
  ASSERT_TRUE(Eventually([&] { return Told().size() >= 3; }));
  EXPECT_THAT(Told(), ElementsAre("assets/fake~x", "task b", absl::StrCat("deleted a of ", tenant)));
}

TEST_F(ChangeFollowerTest, GoesOnWhereItWasHoweverMuchThereIs) {
  engine::ChangeFollower follower(*store_, *this, clock_);
  ASSERT_TRUE(follower.Start().ok());
  std::vector<std::string> expected;
  for (int i = 0; i < 1203; ++i) {
    AddTask(absl::StrCat(i));
    expected.push_back(absl::StrCat("task ", i));
    if (i == 600) follower.Look();
  }
  follower.Look();
  ASSERT_TRUE(Eventually([&] { return Told().size() >= expected.size(); }));
  EXPECT_EQ(Told(), expected);
}

TEST_F(ChangeFollowerTest, ReadsAgainAfterAnErrorOfTheStore) {
  engine::ChangeFollower follower(*store_, *this, clock_);
  ASSERT_TRUE(follower.Start().ok());
  AddTask("a");
  store_->failing_histories = 1;
  follower.Look();
  ASSERT_TRUE(Eventually([&] { return store_->failing_histories == 0; }));
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(absl::Seconds(1));
    return Told().size() == 1;
  }));
}

}  // namespace
}  // namespace seedance::testing
