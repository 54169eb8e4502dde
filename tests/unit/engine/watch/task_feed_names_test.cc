// Feeds of tasks that are named.
#include <string>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "tests/unit/engine/watch/task_feeds_fixture.h"

namespace seedance::engine {
namespace {

TEST_F(TaskFeedsTest, ATaskIsFollowedByReadersThatNameItOrNone) {
  Add("a");
  Add("b");
  EXPECT_FALSE(feeds_->IsFollowed(kTenant, "a"));
  TaskFilter named = All();
  named.ids = {"a"};
  Dashboard one;
  Dashboard another;
  ASSERT_TRUE(one.Open(*feeds_, named).ok());
  ASSERT_TRUE(another.Open(*feeds_, named).ok());
  one.Close();
  EXPECT_TRUE(feeds_->IsFollowed(kTenant, "a")) << "by the other one";
  EXPECT_FALSE(feeds_->IsFollowed(kTenant, "b"));
  EXPECT_FALSE(feeds_->IsFollowed(kOther, "a"));
  Dashboard all;
  ASSERT_TRUE(all.Open(*feeds_, All()).ok());
  EXPECT_TRUE(feeds_->IsFollowed(kTenant, "b"));
  all.Close();
  EXPECT_FALSE(feeds_->IsFollowed(kTenant, "b"));
  another.Close();
  EXPECT_FALSE(feeds_->IsFollowed(kTenant, "a"));
}

TEST_F(TaskFeedsTest, ANamedTaskThatIsGoneWhenTheWatchBeginsIsToldAsRemoved) {
  Add("a");
  TaskFilter named = All();
  named.ids = {"a", "deleted-meanwhile"};
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, named).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.ids(), Texts{"a"});
  EXPECT_EQ(dashboard.removed, Texts{"deleted-meanwhile"});
  // Of some states only, nothing says that it is gone.
  named.states = {TaskState::kRunning};
  Dashboard running;
  ASSERT_TRUE(running.Open(*feeds_, named).ok());
  running.TakeAll();
  EXPECT_EQ(running.removed, Texts{});
}

TEST_F(TaskFeedsTest, OneWhoBeginsAgainByNamesIsToldWhichAreGone) {
  constexpr int kNames = 500;
  TaskFilter filter = {kTenant, {TaskState::kPending}, {}, {}};
  for (int i = 0; i < kNames; ++i) filter.ids.insert(Add(absl::StrCat("task-", 1000 + i)).id);
  Dashboard dashboard;
  ASSERT_TRUE(dashboard.Open(*feeds_, filter).ok());
  dashboard.TakeAll();
  EXPECT_TRUE(dashboard.removed.empty()) << "a new reader knows nothing yet";
  dashboard.Close();
  for (int i = 0; i < kNames - 10; ++i) Delete(absl::StrCat("task-", 1000 + i));
  Change("task-1499");
  ASSERT_TRUE(store_->TrimDeletions(absl::InfiniteFuture()).ok());
  const absl::Status refused = dashboard.Open(*feeds_, filter);
  dashboard.token = base::GetErrorDetail(refused).metadata["resume_token"];
  dashboard.revisions.clear();  // It still knows what it knew: what is told brings that up to date.
  for (auto& [id, revision] : dashboard.view) revision = 0;
  ASSERT_TRUE(dashboard.Open(*feeds_, filter).ok());
  dashboard.TakeAll();
  EXPECT_EQ(dashboard.view.size(), 9u) << "neither deleted nor in another state";
  EXPECT_EQ(dashboard.removed.size(), static_cast<size_t>(kNames - 9));
  EXPECT_LE(dashboard.biggest, 200u);
  const int64_t changed = Change("task-1498", TaskState::kPending);
  EXPECT_TRUE(Follow(dashboard, [&] { return dashboard.view["task-1498"] == changed; }));
}

}  // namespace
}  // namespace seedance::engine
