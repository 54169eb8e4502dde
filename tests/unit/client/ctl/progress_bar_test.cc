#include "client/cpp/ctl/progress_bar.h"

#include <gtest/gtest.h>

#include "client/cpp/ctl/eta.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

TEST(BarTest, FillsFromEmptyToFull) {
  EXPECT_EQ(Bar(0, 10), "[          ]");
  EXPECT_EQ(Bar(0.45, 10), "[====>     ]");
  EXPECT_EQ(Bar(1, 10), "[==========]");
  EXPECT_EQ(Bar(7, 10), "[==========]");
  EXPECT_EQ(Bar(-1, 10), "[          ]");
}

TransferState Upload() {
  TransferState state;
  state.title = "uploading hero.png";
  state.done_bytes = 2000000;
  state.total_bytes = 5000000;
  state.elapsed = absl::Seconds(2);
  return state;
}

TEST(RenderTransferTest, ShowsBarBytesRateAndTimeLeft) {
  EXPECT_EQ(RenderTransfer(Upload(), 80),
            "uploading hero.png [======>          ]  40%  2.0 MB / 5.0 MB  1.0 MB/s  ETA 3.0s");
}

TEST(RenderTransferTest, BarShrinksWithTheTerminalAndVanishes) {
  EXPECT_EQ(RenderTransfer(Upload(), 72), "uploading hero.png [===>     ]  40%  2.0 MB / 5.0 MB  1.0 MB/s  ETA 3.0s");
  EXPECT_EQ(RenderTransfer(Upload(), 58), "uploading hero.png  40%  2.0 MB / 5.0 MB  1.0 MB/s  ETA 3…");
  for (int width = 1; width < 120; ++width) EXPECT_LE(DisplayWidth(RenderTransfer(Upload(), width)), width);
}

TEST(RenderTransferTest, NoRateBeforeThereIsOne) {
  TransferState state = Upload();
  state.elapsed = absl::Milliseconds(400);
  EXPECT_EQ(RenderTransfer(state, 60), "uploading hero.png [======>          ]  40%  2.0 MB / 5.0 MB");
}

TEST(RenderTransferTest, UnknownTotalHasNoBar) {
  TransferState state = Upload();
  state.total_bytes = 0;
  EXPECT_EQ(RenderTransfer(state, 80), "uploading hero.png  2.0 MB  1.0 MB/s");
}

StageState Running() {
  StageState state;
  state.stage = "running";
  state.percent = 42;
  state.elapsed = absl::Seconds(65);
  return state;
}

TEST(RenderStageTest, ReportedFigureHasNoMark) {
  EXPECT_EQ(RenderStage(Running(), 1, 40), "/ running [======>         ]  42%  1m05s");
}

TEST(RenderStageTest, EstimatedFigureIsMarked) {
  StageState state = Running();
  state.estimated = true;
  EXPECT_EQ(RenderStage(state, 1, 40), "/ running [======>         ] ~42%  1m05s");
}

TEST(RenderStageTest, StageWithoutFigureHasNoBar) {
  StageState state = Running();
  state.title = "assets/a";
  state.stage = "processing";
  state.percent.reset();
  EXPECT_EQ(RenderStage(state, 0, 80), "| assets/a processing  1m05s");
}

TEST(RenderStageTest, TimeLeftAndNoteFollow) {
  StageState state = Running();
  state.eta = absl::Seconds(90);
  state.note = "vendor answered 429, next try in 12 s";
  EXPECT_EQ(RenderStage(state, 2, 90),
            "- running [======>         ]  42%  1m05s  ETA 1m30s  vendor answered 429, next try in 12 s");
}

TEST(RenderStageTest, AlwaysFits) {
  StageState state = Running();
  state.note = "上游返回429，12秒后重试";
  for (int width = 1; width < 120; ++width) EXPECT_LE(DisplayWidth(RenderStage(state, 0, width)), width);
}

TEST(EtaEstimatorTest, SilentUntilTheFigureMovedTwice) {
  const absl::Time start = absl::FromUnixSeconds(1800000000);
  EtaEstimator eta;
  EXPECT_FALSE(eta.Estimate(start).has_value());
  eta.Observe(10, start);
  eta.Observe(10, start + absl::Seconds(5));
  eta.Observe(30, start + absl::Seconds(10));
  EXPECT_FALSE(eta.Estimate(start + absl::Seconds(10)).has_value());
  eta.Observe(50, start + absl::Seconds(20));
  EXPECT_EQ(eta.Estimate(start + absl::Seconds(20)), absl::Seconds(25));
  EXPECT_EQ(eta.Estimate(start + absl::Seconds(30)), absl::Seconds(15));
}

TEST(EtaEstimatorTest, SilentOnceTheGuessHasFailed) {
  const absl::Time start = absl::FromUnixSeconds(1800000000);
  EtaEstimator eta;
  eta.Observe(0, start);
  eta.Observe(40, start + absl::Seconds(4));
  eta.Observe(80, start + absl::Seconds(8));
  EXPECT_FALSE(eta.Estimate(start + absl::Seconds(11)).has_value());
  eta.Observe(100, start + absl::Seconds(9));
  EXPECT_FALSE(eta.Estimate(start + absl::Seconds(9)).has_value());
}

TEST(EtaEstimatorTest, FallingFigureStartsAnew) {
  const absl::Time start = absl::FromUnixSeconds(1800000000);
  EtaEstimator eta;
  eta.Observe(50, start);
  eta.Observe(60, start + absl::Seconds(1));
  eta.Observe(10, start + absl::Seconds(2));
  eta.Observe(20, start + absl::Seconds(3));
  EXPECT_FALSE(eta.Estimate(start + absl::Seconds(3)).has_value());
}

}  // namespace
}  // namespace seedance::client::ctl
