#include "service/rpc/asset_batch.h"

#include <gtest/gtest.h>

#include <optional>

#include "service/base/error.h"

namespace seedance::rpc {
namespace {

model::Asset Named(const std::string& name) {
  model::Asset asset;
  asset.handle = {"fake", name};
  asset.display_name = name;
  return asset;
}

TEST(AssetBatch, AnswersOnceWhenThereIsAnOutcomeForEach) {
  int answers = 0;
  AssetBatch::Response answer;
  AssetBatch batch(2, [&](AssetBatch::Response& response) {
    ++answers;
    answer.Swap(&response);
  });
  batch.Take(1, base::InvalidField("uri", "is bad"));
  EXPECT_EQ(answers, 0);
  batch.Take(0, Named("zero"));
  EXPECT_EQ(answers, 1);
  ASSERT_EQ(answer.results_size(), 2);
  EXPECT_EQ(answer.results(0).asset().display_name(), "zero");
  EXPECT_TRUE(answer.results(1).has_failure());
}

// Work that throws after it has answered reports a failure too.
TEST(AssetBatch, ASecondOutcomeOfARequestNeitherCountsNorReplacesTheFirst) {
  int answers = 0;
  AssetBatch::Response answer;
  AssetBatch batch(2, [&](AssetBatch::Response& response) {
    ++answers;
    answer.Swap(&response);
  });
  batch.Take(0, Named("zero"));
  batch.Take(0, absl::InternalError("defect"));
  EXPECT_EQ(answers, 0) << "nothing is known of the other one";
  batch.Take(1, Named("one"));
  batch.Take(1, absl::InternalError("defect"));
  EXPECT_EQ(answers, 1);
  ASSERT_EQ(answer.results_size(), 2);
  EXPECT_EQ(answer.results(0).asset().display_name(), "zero");
  EXPECT_EQ(answer.results(1).asset().display_name(), "one");
}

}  // namespace
}  // namespace seedance::rpc
