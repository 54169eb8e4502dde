#include "service/engine/watch/recent_changes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace seedance::engine {
namespace {

SharedTaskChange Change(int64_t revision, const std::string& id, size_t prompt_bytes = 0) {
  model::GenerationTask task;
  task.id = id;
  task.revision = revision;
  task.request.prompt = std::string(prompt_bytes, 'x');
  return SharedTaskChange(store::Store::TaskChange{revision, id, task});
}

SharedTaskChange Deletion(int64_t revision, const std::string& id) {
  return SharedTaskChange(store::Store::TaskChange{revision, id, {}});
}

using Texts = std::vector<std::string>;

// `revision:id`, with `-` before the id of a deletion.
Texts After(const RecentChanges& recent, int64_t after) {
  Texts texts;
  EXPECT_TRUE(recent.Visit(after, [&](const SharedTaskChange& change) {
    texts.push_back(std::to_string(change.revision) + ":" + (change.task == nullptr ? "-" : "") + change.id);
    return true;
  }));
  return texts;
}

TEST(RecentChangesTest, GivesWhatCameAfterARevisionInOrder) {
  RecentChanges recent(10, 100, 1 << 20);
  recent.Add(Change(11, "a"));
  recent.Add(Change(15, "b"));
  recent.Add(Deletion(16, "c"));
  EXPECT_EQ(After(recent, 10), (Texts{"11:a", "15:b", "16:-c"}));
  EXPECT_EQ(After(recent, 11), (Texts{"15:b", "16:-c"}));
  EXPECT_EQ(After(recent, 12), (Texts{"15:b", "16:-c"}));
  EXPECT_EQ(After(recent, 16), Texts{});
  EXPECT_EQ(recent.complete_after(), 10);
}

TEST(RecentChangesTest, ATaskStandsThereOnceAtItsNewestChange) {
  RecentChanges recent(0, 100, 1 << 20);
  recent.Add(Change(1, "a"));
  recent.Add(Change(2, "b"));
  recent.Add(Change(3, "a"));
  recent.Add(Deletion(4, "b"));
  EXPECT_EQ(After(recent, 0), (Texts{"3:a", "4:-b"}));
  EXPECT_EQ(recent.complete_after(), 0) << "a reader at 0 misses nothing";
}

TEST(RecentChangesTest, TheOldestGiveWayWhenThereAreTooMany) {
  RecentChanges recent(0, 3, 1 << 20);
  for (int64_t revision = 1; revision <= 5; ++revision) recent.Add(Change(revision, std::to_string(revision)));
  EXPECT_EQ(After(recent, 2), (Texts{"3:3", "4:4", "5:5"}));
  EXPECT_EQ(recent.complete_after(), 2);
}

TEST(RecentChangesTest, TheOldestGiveWayWhenTheyAreTooBigTogether) {
  RecentChanges recent(0, 100, 10'000);
  recent.Add(Change(1, "a", 4'000));
  recent.Add(Change(2, "b", 4'000));
  recent.Add(Change(3, "c", 4'000));
  EXPECT_EQ(recent.size(), 2u);
  EXPECT_EQ(recent.complete_after(), 1);
  recent.Add(Change(4, "d", 50'000));
  EXPECT_EQ(After(recent, 3), (Texts{"4:d"})) << "one is kept, however big";
  EXPECT_EQ(recent.complete_after(), 3);
}

TEST(RecentChangesTest, AVisitStopsWhenTheVisitorHasEnough) {
  RecentChanges recent(0, 100, 1 << 20);
  recent.Add(Change(1, "a"));
  recent.Add(Change(2, "b"));
  int seen = 0;
  EXPECT_FALSE(recent.Visit(0, [&](const SharedTaskChange&) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace seedance::engine
