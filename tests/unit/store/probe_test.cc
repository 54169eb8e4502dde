#include "service/store/probe.h"

#include <gtest/gtest.h>

#include "service/base/error.h"

namespace seedance::store {
namespace {

class ProbeTest : public ::testing::Test {
 protected:
  Store::Health Ask(double seconds, bool outdated = false) {
    return probe_.Ask(absl::UnixEpoch() + absl::Seconds(seconds), absl::Seconds(2), outdated, [&] {
      ++writes_;
      if (during_) during_();
      return result_;
    });
  }

  Probe probe_;
  absl::Status result_;
  std::function<void()> during_;
  int writes_ = 0;
};

TEST_F(ProbeTest, ManyQuestionsCostOneWriteInTheirTime) {
  for (const double at : {0.0, 0.5, 1.0, 2.0}) {
    const Store::Health health = Ask(at);
    EXPECT_TRUE(health.status.ok());
    EXPECT_EQ(health.checked, absl::UnixEpoch());
  }
  EXPECT_EQ(writes_, 1);
  EXPECT_EQ(Ask(2.1).checked, absl::UnixEpoch() + absl::Seconds(2.1));
  EXPECT_EQ(writes_, 2);
}

TEST_F(ProbeTest, AFailureSinceMakesAGoodAnswerWorthlessAndABadOneStays) {
  EXPECT_TRUE(Ask(0).status.ok());
  result_ = base::StoreUnavailable("disk_full");
  EXPECT_FALSE(Ask(0.1, /*outdated=*/true).status.ok());
  EXPECT_EQ(writes_, 2);
  EXPECT_FALSE(Ask(0.2, /*outdated=*/true).status.ok());
  EXPECT_EQ(writes_, 2);
  result_ = absl::OkStatus();
  EXPECT_TRUE(Ask(2.2).status.ok()) << "by itself";
}

TEST_F(ProbeTest, NobodyWaitsForAWriteThatHangs) {
  EXPECT_TRUE(Ask(0).status.ok());
  Store::Health early;
  Store::Health late;
  during_ = [&] {
    early = Ask(3);
    late = Ask(5);
  };
  EXPECT_TRUE(Ask(3).status.ok());
  EXPECT_EQ(writes_, 2) << "the others wrote nothing";
  EXPECT_TRUE(early.status.ok());
  EXPECT_EQ(base::GetErrorDetail(late.status).metadata["cause"], "no_answer");
}

}  // namespace
}  // namespace seedance::store
