#include "client/cpp/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/fake_gateway.h"

namespace seedance::client {
namespace {

ErrorDetails Everything() {
  ErrorDetails details;
  details.reason = "INVALID_INPUT";
  details.domain = "seedance-gateway";
  details.metadata = {{"upstream_code", "InvalidParameter"}};
  details.violations = {{"generation_task.prompt", "required"}, {"generation_task.duration", "4-15 s"}};
  details.retry_delay = absl::Milliseconds(1500);
  details.resource_type = "seedance.gateway.v1.Asset";
  details.resource_name = "assets/anyfast~a";
  details.resource_description = "not ACTIVE";
  details.quota_subject = "upstream:anyfast";
  details.quota_description = "10 requests a second";
  return details;
}

TEST(DecodeErrorTest, EveryDetailOfAGrpcStatusIsRead) {
  EXPECT_EQ(DecodeError(ErrorWith(grpc::StatusCode::INVALID_ARGUMENT, "bad", Everything())), Everything());
}

TEST(DecodeErrorTest, DetailsSurviveTheWayIntoAnAbslStatus) {
  const absl::Status status = ToAbslStatus(ErrorWith(grpc::StatusCode::NOT_FOUND, "gone", Everything()));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "gone");
  EXPECT_EQ(DecodeError(status), Everything());
}

TEST(DecodeErrorTest, ForeignBytesGiveEmptyDetails) {
  EXPECT_EQ(DecodeError(grpc::Status(grpc::StatusCode::INTERNAL, "x", "\xff\xff not a proto")), ErrorDetails());
  EXPECT_EQ(DecodeError(absl::InternalError("x")), ErrorDetails());
}

TEST(DecodeErrorTest, OkStaysOk) { EXPECT_TRUE(ToAbslStatus(grpc::Status::OK).ok()); }

}  // namespace
}  // namespace seedance::client
