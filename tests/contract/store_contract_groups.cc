#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

std::vector<std::string> GroupIds(const absl::StatusOr<model::Page<model::AssetGroup>>& page) {
  std::vector<std::string> ids;
  if (!page.ok()) return {page.status().ToString()};
  for (const model::AssetGroup& group : page->items) ids.push_back(group.handle.id);
  return ids;
}

using Texts = std::vector<std::string>;

TEST_P(StoreContract, GroupIsReadBackWithEveryField) {
  const auto written = store().PutGroup(FullGroup());
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(Describe(*written), Describe(FullGroup()));
  const auto read = store().GetGroup(FullGroup().handle);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(FullGroup()));
  EXPECT_EQ(read->revision, written->revision);
}

TEST_P(StoreContract, GroupSurvivesReopening) {
  const auto written = store().PutGroup(FullGroup());
  ASSERT_TRUE(written.ok()) << written.status();
  Reopen();
  const auto read = store().GetGroup(FullGroup().handle);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(FullGroup()));
  EXPECT_EQ(read->revision, written->revision);
}

TEST_P(StoreContract, PuttingAGroupAgainReplacesIt) {
  ASSERT_TRUE(store().PutGroup(MakeGroup("g")).ok());
  model::AssetGroup changed = MakeGroup("g");
  changed.display_name = "Renamed";
  ASSERT_TRUE(store().PutGroup(changed).ok());
  EXPECT_EQ(store().GetGroup(changed.handle)->display_name, "Renamed");
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", ""}, {}, 10)), Texts{"g"});
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", "renamed"}, {}, 10)), Texts{"g"});
}

TEST_P(StoreContract, AddingAGroupThatIsThereChangesNothing) {
  const auto first = store().AddGroup(MakeGroup("g"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_GT(first->revision, 0);
  model::AssetGroup other = MakeGroup("g");
  other.description = "other";
  const auto second = store().AddGroup(other);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Describe(*second), Describe(MakeGroup("g")));
  EXPECT_EQ(second->revision, first->revision);
  EXPECT_EQ(Describe(*store().GetGroup(other.handle)), Describe(MakeGroup("g")));
}

TEST_P(StoreContract, MissingGroupIsNotFoundByName) {
  const auto read = store().GetGroup({"vendor", "none"});
  EXPECT_EQ(base::GetReason(read.status()), base::Reason::kResourceNotFound);
  ASSERT_TRUE(base::GetErrorDetail(read.status()).resource.has_value());
  EXPECT_EQ(base::GetErrorDetail(read.status()).resource->name, "assetGroups/vendor~none");
  EXPECT_EQ(base::GetReason(store().DeleteGroup({"vendor", "none"})), base::Reason::kResourceNotFound);
  bool called = false;
  const auto updated = store().UpdateGroup({"vendor", "none"}, [&](model::AssetGroup&) {
    called = true;
    return absl::OkStatus();
  });
  EXPECT_EQ(base::GetReason(updated.status()), base::Reason::kResourceNotFound);
  EXPECT_FALSE(called);
}

TEST_P(StoreContract, UpdateGroupWritesWhatChangeDid) {
  const auto before = store().PutGroup(FullGroup());
  ASSERT_TRUE(before.ok()) << before.status();
  const auto after = store().UpdateGroup(FullGroup().handle, [](model::AssetGroup& group) {
    group.display_name = "Renamed";
    return absl::OkStatus();
  });
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_GT(after->revision, before->revision);
  EXPECT_EQ(after->description, FullGroup().description);
  const auto read = store().GetGroup(FullGroup().handle);
  EXPECT_EQ(Describe(*read), Describe(*after));
  EXPECT_EQ(read->display_name, "Renamed");
  EXPECT_EQ(read->revision, after->revision);
}

TEST_P(StoreContract, RefusedGroupChangeWritesNothing) {
  const auto before = store().PutGroup(MakeGroup("g"));
  ASSERT_TRUE(before.ok()) << before.status();
  const auto refused = store().UpdateGroup({"vendor", "g"}, [](model::AssetGroup& group) {
    group.display_name = "Renamed";
    return absl::AbortedError("no");
  });
  EXPECT_EQ(refused.status(), absl::AbortedError("no"));
  EXPECT_EQ(store().GetGroup({"vendor", "g"})->display_name, "Group g");
  EXPECT_EQ(store().GetGroup({"vendor", "g"})->revision, before->revision);
}

TEST_P(StoreContract, SameIdAtTwoUpstreamsIsTwoGroups) {
  model::AssetGroup other = MakeGroup("g");
  other.handle.upstream = "vendor-2";
  other.display_name = "Other";
  ASSERT_TRUE(store().PutGroup(MakeGroup("g")).ok());
  ASSERT_TRUE(store().PutGroup(other).ok());
  EXPECT_EQ(store().GetGroup({"vendor", "g"})->display_name, "Group g");
  EXPECT_EQ(store().GetGroup({"vendor-2", "g"})->display_name, "Other");
}

TEST_P(StoreContract, DeletingAGroupDeletesItsAssetsOnly) {
  ASSERT_TRUE(store().PutGroup(MakeGroup("g")).ok());
  model::Asset inside = MakeAsset("inside");
  inside.group = {"vendor", "g"};
  model::Asset outside = MakeAsset("outside");
  outside.group = {"vendor-2", "g"};
  ASSERT_TRUE(store().PutAsset(inside).ok());
  ASSERT_TRUE(store().PutAsset(outside).ok());
  ASSERT_TRUE(store().DeleteGroup({"vendor", "g"}).ok());
  EXPECT_EQ(store().GetGroup({"vendor", "g"}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store().GetAsset(inside.handle).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store().GetAsset(outside.handle).ok());
}

TEST_P(StoreContract, AGroupIsDeletedAsEmptyOnlyWhenItIs) {
  ASSERT_TRUE(store().PutGroup(MakeGroup("g")).ok());
  model::Asset inside = MakeAsset("inside");
  inside.group = {"vendor", "g"};
  ASSERT_TRUE(store().PutAsset(inside).ok());
  EXPECT_EQ(*store().DeleteEmptyGroup({"vendor", "g"}), false);
  EXPECT_TRUE(store().GetGroup({"vendor", "g"}).ok());
  EXPECT_TRUE(store().GetAsset(inside.handle).ok());
  ASSERT_TRUE(store().DeleteAsset(inside.handle).ok());
  EXPECT_EQ(*store().DeleteEmptyGroup({"vendor", "g"}), true);
  EXPECT_EQ(base::GetReason(store().DeleteEmptyGroup({"vendor", "g"}).status()), base::Reason::kResourceNotFound);
}

TEST_P(StoreContract, GroupsAreListedNewestFirstWithinTheTenant) {
  const std::vector<std::pair<std::string, double>> made = {{"b", 20}, {"c", 10}, {"a", 30}};
  for (const auto& [id, seconds] : made) {
    model::AssetGroup group = MakeGroup(id);
    group.create_time = At(seconds);
    ASSERT_TRUE(store().PutGroup(group).ok());
  }
  model::AssetGroup foreign = MakeGroup("foreign");
  foreign.tenant = "tenant-b";
  ASSERT_TRUE(store().PutGroup(foreign).ok());
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", ""}, {}, 10)), (Texts{"a", "b", "c"}));
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-b", "", ""}, {}, 10)), Texts{"foreign"});
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-c", "", ""}, {}, 10)), Texts{});
}

TEST_P(StoreContract, GroupFilterByUpstreamAndPartOfTheName) {
  model::AssetGroup other = MakeGroup("other");
  other.handle.upstream = "vendor-2";
  other.display_name = "100% of_Cats Äpfel";
  ASSERT_TRUE(store().PutGroup(other).ok());
  ASSERT_TRUE(store().PutGroup(MakeGroup("mine")).ok());
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "vendor-2", ""}, {}, 10)), Texts{"other"});
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", "OF_cATS"}, {}, 10)), Texts{"other"});
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", "Äpfel"}, {}, 10)), Texts{"other"});
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", "%"}, {}, 10)), Texts{"other"}) << "not a pattern";
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "vendor", "cats"}, {}, 10)), Texts{});
}

TEST_P(StoreContract, GroupFilterByTypeTakesAnUnknownOneForAigc) {
  using model::GroupType;
  const std::vector<std::pair<std::string, GroupType>> made = {
      {"1-unknown", GroupType::kUnspecified}, {"2-aigc", GroupType::kAigc}, {"3-face", GroupType::kLivenessFace}};
  for (const auto& [id, type] : made) {
    model::AssetGroup group = MakeGroup(id);
    group.type = type;
    ASSERT_TRUE(store().PutGroup(group).ok());
  }
  const auto listed = [&](GroupType type) { return GroupIds(store().ListGroups({"tenant-a", "", "", type}, {}, 10)); };
  EXPECT_EQ(listed(GroupType::kUnspecified), (Texts{"3-face", "2-aigc", "1-unknown"}));
  EXPECT_EQ(listed(GroupType::kAigc), (Texts{"2-aigc", "1-unknown"}));
  EXPECT_EQ(listed(GroupType::kLivenessFace), Texts{"3-face"});
  model::AssetGroup changed = MakeGroup("2-aigc");
  changed.type = GroupType::kLivenessFace;
  ASSERT_TRUE(store().PutGroup(changed).ok());
  EXPECT_EQ(listed(GroupType::kAigc), Texts{"1-unknown"});
}

TEST_P(StoreContract, AssetFilterByTheTypeOfTheirGroups) {
  using model::GroupType;
  model::AssetGroup face = MakeGroup("face");
  face.type = GroupType::kLivenessFace;
  ASSERT_TRUE(store().PutGroup(face).ok());
  ASSERT_TRUE(store().PutGroup(MakeGroup("plain")).ok());
  for (const char* group : {"face", "plain", "never-seen"}) {
    model::Asset asset = MakeAsset(std::string("in-") + group);
    asset.group = {"vendor", group};
    ASSERT_TRUE(store().PutAsset(asset).ok());
  }
  const auto listed = [&](GroupType type) {
    store::Store::AssetFilter filter;
    filter.tenant = "tenant-a";
    filter.group_type = type;
    Texts ids;
    const auto page = store().ListAssets(filter, {}, 10);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return ids;
    for (const model::Asset& asset : page->items) ids.push_back(asset.handle.id);
    return ids;
  };
  EXPECT_EQ(listed(GroupType::kUnspecified).size(), 3u);
  EXPECT_EQ(listed(GroupType::kLivenessFace), Texts{"in-face"});
  EXPECT_EQ(listed(GroupType::kAigc), (Texts{"in-plain", "in-never-seen"}));
}

TEST_P(StoreContract, PagesOfGroupsWithEqualTimesHoldEachOnce) {
  for (const char* id : {"1", "2", "3", "4", "5"}) ASSERT_TRUE(store().PutGroup(MakeGroup(id)).ok());
  Texts seen;
  model::PageCursor cursor;
  int pages = 0;
  do {
    const auto page = store().ListGroups({"tenant-a", "", ""}, cursor, 2);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const model::AssetGroup& group : page->items) seen.push_back(group.handle.id);
    cursor = page->next;
    ASSERT_LE(++pages, 3);
  } while (!cursor.at_start());
  EXPECT_EQ(seen, (Texts{"5", "4", "3", "2", "1"}));
  EXPECT_EQ(pages, 3);
}

TEST_P(StoreContract, PageThatIsExactlyFullIsTheLast) {
  for (const char* id : {"1", "2"}) ASSERT_TRUE(store().PutGroup(MakeGroup(id)).ok());
  const auto page = store().ListGroups({"tenant-a", "", ""}, {}, 2);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->items.size(), 2u);
  EXPECT_TRUE(page->next.at_start());
}

TEST_P(StoreContract, NewGroupDoesNotShiftTheNextPage) {
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(store().PutGroup(MakeGroup(id)).ok());
  const auto first = store().ListGroups({"tenant-a", "", ""}, {}, 2);
  ASSERT_TRUE(first.ok()) << first.status();
  model::AssetGroup newest = MakeGroup("newest");
  newest.create_time = At(60);
  ASSERT_TRUE(store().PutGroup(newest).ok());
  ASSERT_TRUE(store().DeleteGroup({"vendor", "2"}).ok());  // The row that the cursor names.
  EXPECT_EQ(GroupIds(store().ListGroups({"tenant-a", "", ""}, first->next, 2)), Texts{"1"});
}

}  // namespace
}  // namespace seedance::testing
