#include "client/cpp/ctl/exit_code.h"

#include <gtest/gtest.h>

#include "client/cpp/ctl/error_text.h"
#include "tests/unit/client/fake_gateway.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Asset;
using gateway::v1::GenerationTask;

absl::Status WithReason(grpc::StatusCode code, const std::string& reason) {
  ErrorDetails details;
  details.reason = reason;
  return ToAbslStatus(ErrorWith(code, "message", details));
}

TEST(ExitCodeTest, EveryKindOfErrorHasItsCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), 3);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("")), 5);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), 6);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 7);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), 7);
  EXPECT_EQ(ExitCodeOf(WithReason(grpc::StatusCode::UNKNOWN, "OUTCOME_UNKNOWN")), 8);
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), 10);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), 130);
  EXPECT_EQ(ExitCodeOf(WithReason(grpc::StatusCode::CANCELLED, "CANCELLED")), 1);
}

TEST(ExitCodeTest, EndsTellWhetherThereIsAResult) {
  EXPECT_EQ(ExitCodeOf(GenerationTask::STATE_SUCCEEDED), 0);
  EXPECT_EQ(ExitCodeOf(GenerationTask::STATE_RUNNING), 0);
  EXPECT_EQ(ExitCodeOf(GenerationTask::STATE_LOST), 9);
  EXPECT_EQ(ExitCodeOf(GenerationTask::STATE_CANCELLED), 9);
  EXPECT_EQ(ExitCodeOf(GenerationTask::STATE_SUBMIT_UNKNOWN), 8);
  EXPECT_EQ(ExitCodeOf(Asset::STATE_ACTIVE), 0);
  EXPECT_EQ(ExitCodeOf(Asset::STATE_EXPIRED), 9);
}

TEST(FormatErrorTest, EveryDetailHasItsLine) {
  ErrorDetails details;
  details.reason = "INVALID_INPUT";
  details.metadata = {{"upstream_code", "Bad\nCode"}, {"upstream_message", "no"}};
  details.violations = {{"generation_task.prompt", "required"}, {"generation_task.duration", "4-15 s"}};
  details.resource_name = "assets/anyfast~a";
  details.quota_subject = "upstream:anyfast";
  details.quota_description = "10 a second";
  details.retry_delay = absl::Seconds(12);
  EXPECT_EQ(FormatError("creating the task",
                        ToAbslStatus(ErrorWith(grpc::StatusCode::INVALID_ARGUMENT, "2 rules are broken", details))),
            "error: creating the task: 2 rules are broken [INVALID_INPUT]\n"
            "  generation_task.prompt: required\n"
            "  generation_task.duration: 4-15 s\n"
            "  vendor: Bad Code: no\n"
            "  limit: upstream:anyfast 10 a second\n"
            "  resource: assets/anyfast~a\n"
            "  try again in 12s\n");
}

TEST(FormatErrorTest, StatusNameStandsInForAMissingReason) {
  EXPECT_EQ(FormatError("listing tasks", absl::UnavailableError("down")), "error: listing tasks: down [UNAVAILABLE]\n");
}

}  // namespace
}  // namespace seedance::client::ctl
