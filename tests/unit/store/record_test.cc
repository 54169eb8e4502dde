#include "service/store/record.h"

#include <gtest/gtest.h>

#include "tests/contract/store_samples.h"

namespace seedance::store {
namespace {

using testing::Describe;

TEST(Record, FullResourcesSurvive) {
  EXPECT_EQ(Describe(*ParseGroup(SerializeGroup(testing::FullGroup()))), Describe(testing::FullGroup()));
  EXPECT_EQ(Describe(*ParseAsset(SerializeAsset(testing::FullAsset()))), Describe(testing::FullAsset()));
  EXPECT_EQ(Describe(*ParseTask(SerializeTask(testing::FullTask()))), Describe(testing::FullTask()));
  EXPECT_EQ(Describe(*ParseEntry(SerializeEntry(testing::FullCall()))), Describe(testing::FullCall()));
}

TEST(Record, DefaultResourcesSurvive) {
  EXPECT_EQ(Describe(*ParseGroup(SerializeGroup({}))), Describe(model::AssetGroup{}));
  EXPECT_EQ(Describe(*ParseAsset(SerializeAsset({}))), Describe(model::Asset{}));
  EXPECT_EQ(Describe(*ParseTask(SerializeTask({}))), Describe(model::GenerationTask{}));
  EXPECT_EQ(Describe(*ParseEntry(SerializeEntry({}))), Describe(model::JournalEntry{}));
}

TEST(Record, EveryFieldOfTheSamplesDiffersFromItsDefault) {
  // Otherwise FullResourcesSurvive would not notice a field that is never written.
  const auto lines = [](const std::string& text) {
    std::vector<std::string> split;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      split.push_back(text.substr(at, text.find('\n', at) - at));
    }
    return split;
  };
  const std::vector<std::string> plain = lines(Describe(model::Asset{}));
  const std::vector<std::string> full = lines(Describe(testing::FullAsset()));
  ASSERT_EQ(plain.size(), full.size());
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_NE(plain[i], full[i]);
}

TEST(Record, InfiniteTimesSurviveWhereTheyHaveAMeaning) {
  model::GenerationTask task;
  task.create_time = absl::InfinitePast();
  task.deadline_time = absl::InfiniteFuture();
  task.end_time = absl::InfinitePast();
  const auto read = ParseTask(SerializeTask(task));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->create_time, absl::InfinitePast());
  EXPECT_EQ(read->deadline_time, absl::InfiniteFuture());
  EXPECT_EQ(read->end_time, absl::InfinitePast());
}

TEST(Record, EpochIsATimeAndNotUnset) {
  model::Asset asset;
  asset.expire_time = absl::UnixEpoch();
  EXPECT_EQ(ParseAsset(SerializeAsset(asset))->expire_time, absl::UnixEpoch());
}

TEST(Record, TimesBefore1970KeepTheirFraction) {
  model::Asset asset;
  asset.create_time = absl::UnixEpoch() - absl::Nanoseconds(1);
  EXPECT_EQ(ParseAsset(SerializeAsset(asset))->create_time, asset.create_time);
}

TEST(Record, OptionalZeroIsNotAbsent) {
  model::GenerationTask task;
  task.request.seed = 0;
  task.request.generate_audio = false;
  task.result.total_tokens = 0;
  const auto read = ParseTask(SerializeTask(task));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->request.seed, 0);
  EXPECT_EQ(read->request.generate_audio, false);
  EXPECT_FALSE(read->request.watermark.has_value());
  EXPECT_FALSE(read->request.duration_seconds.has_value());
  EXPECT_EQ(read->result.total_tokens, 0);
  EXPECT_FALSE(read->result.completion_tokens.has_value());
}

TEST(Record, BrokenUtf8DoesNotMakeARecordUnreadable) {
  model::GenerationTask task;
  task.error.message = "cut \xe7\x8c";
  task.request.labels["k"] = "\xff";
  const auto read = ParseTask(SerializeTask(task));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->error.message, "cut \xe7\x8c");
  EXPECT_EQ(read->request.labels.at("k"), "\xff");
}

TEST(Record, GarbageIsAnError) {
  const std::string garbage = "\x0a\xff";
  EXPECT_EQ(base::GetReason(ParseGroup(garbage).status()), base::Reason::kStoreUnavailable);
  EXPECT_EQ(base::GetReason(ParseAsset(garbage).status()), base::Reason::kStoreUnavailable);
  EXPECT_EQ(base::GetReason(ParseTask(garbage).status()), base::Reason::kStoreUnavailable);
  EXPECT_EQ(base::GetReason(ParseEntry(garbage).status()), base::Reason::kStoreUnavailable);
}

TEST(Record, EnumNumberOfALaterReleaseIsAnError) {
  model::GenerationTask task;
  task.state = static_cast<model::TaskState>(11);
  EXPECT_EQ(base::GetErrorDetail(ParseTask(SerializeTask(task)).status()).metadata["cause"], "unreadable_record");
  model::Asset asset;
  asset.media_type = static_cast<model::MediaType>(4);
  EXPECT_FALSE(ParseAsset(SerializeAsset(asset)).ok());
  model::JournalEntry call;
  call.state = static_cast<model::JournalState>(6);
  EXPECT_FALSE(ParseEntry(SerializeEntry(call)).ok());
}

TEST(Record, EveryReasonOfThisReleaseCanBeRead) {
  model::Asset asset;
  asset.error.reason = base::Reason::kCreationNotInDoubt;
  EXPECT_EQ(ParseAsset(SerializeAsset(asset))->error.reason, base::Reason::kCreationNotInDoubt);
  asset.error.reason = static_cast<base::Reason>(71);
  EXPECT_FALSE(ParseAsset(SerializeAsset(asset)).ok());
}

TEST(Record, CallWithoutAStateIsAnError) {
  model::JournalEntry call;
  call.state = static_cast<model::JournalState>(0);
  EXPECT_FALSE(ParseEntry(SerializeEntry(call)).ok());
}

}  // namespace
}  // namespace seedance::store
