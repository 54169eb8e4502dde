#include "service/model/failure.h"

#include <gtest/gtest.h>

#include <string>

namespace seedance::model {
namespace {

using base::Reason;

TEST(ToFailureTest, PrefersTheVendorsWords) {
  base::ErrorDetail detail;
  detail.reason = Reason::kInputModeration;
  detail.metadata = {{std::string(base::kUpstreamCodeKey), "code"}, {std::string(base::kUpstreamMessageKey), "words"}};
  EXPECT_EQ(ToFailure(base::MakeError("ours", detail)), (Failure{Reason::kInputModeration, "code", "words"}));
  EXPECT_EQ(ToFailure(absl::InternalError("ours")), (Failure{Reason::kInternal, "", "ours"}));
}

}  // namespace
}  // namespace seedance::model
