#include "service/rpc/calls/status.h"

#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "seedance/gateway/v1/error_reason.pb.h"
#include "service/base/error.h"

namespace seedance::rpc {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Message>
std::vector<Message> All(const google::rpc::Status& status) {
  std::vector<Message> found;
  for (const auto& any : status.details()) {
    Message message;
    if (any.UnpackTo(&message)) found.push_back(message);
  }
  return found;
}

TEST(ToGrpcStatus, OkStaysOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok()); }

TEST(ToGrpcStatus, CarriesEveryDetailOnce) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kQuotaExceeded;
  detail.metadata = {{"upstream_code", "42"}};
  detail.violations = {{"asset.display_name", "is required"}};
  detail.retry_delay = absl::Milliseconds(1500);
  detail.resource = base::ResourceRef{"seedance.gateway.v1.Asset", "assets/a~b"};
  detail.quota_subject = "upstream:a";
  const grpc::Status status = ToGrpcStatus(base::MakeError("too much", detail));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "too much");
  const google::rpc::Status details = Details(status);
  EXPECT_EQ(details.code(), 8);
  EXPECT_EQ(details.message(), "too much");
  ASSERT_EQ(All<google::rpc::ErrorInfo>(details).size(), 1u);
  const auto info = All<google::rpc::ErrorInfo>(details)[0];
  EXPECT_EQ(info.reason(), "QUOTA_EXCEEDED");
  EXPECT_EQ(info.domain(), "seedance-gateway");
  EXPECT_EQ(info.metadata().at("upstream_code"), "42");
  ASSERT_EQ(All<google::rpc::BadRequest>(details).size(), 1u);
  EXPECT_EQ(All<google::rpc::BadRequest>(details)[0].field_violations(0).field(), "asset.display_name");
  ASSERT_EQ(All<google::rpc::RetryInfo>(details).size(), 1u);
  EXPECT_EQ(All<google::rpc::RetryInfo>(details)[0].retry_delay().nanos(), 500'000'000);
  ASSERT_EQ(All<google::rpc::ResourceInfo>(details).size(), 1u);
  EXPECT_EQ(All<google::rpc::ResourceInfo>(details)[0].resource_name(), "assets/a~b");
  ASSERT_EQ(All<google::rpc::QuotaFailure>(details).size(), 1u);
  EXPECT_EQ(All<google::rpc::QuotaFailure>(details)[0].violations(0).subject(), "upstream:a");
}

TEST(ToGrpcStatus, AStatusWithoutDetailsGetsAnErrorInfo) {
  const google::rpc::Status details = Details(ToGrpcStatus(absl::InternalError("oops")));
  ASSERT_EQ(All<google::rpc::ErrorInfo>(details).size(), 1u);
  EXPECT_EQ(All<google::rpc::ErrorInfo>(details)[0].reason(), "INTERNAL");
}

TEST(ToGrpcStatus, TooManyViolationsAreDroppedAndCounted) {
  std::vector<base::FieldViolation> violations;
  for (int i = 0; i < 3000; ++i) violations.push_back({"field[" + std::to_string(i) + "]", std::string(40, 'x')});
  const grpc::Status status = ToGrpcStatus(base::InvalidInput(violations));
  EXPECT_LE(status.error_details().size(), kMaxDetailBytes);
  const google::rpc::Status details = Details(status);
  const auto bad = All<google::rpc::BadRequest>(details);
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_GT(bad[0].field_violations_size(), 20);
  EXPECT_EQ(bad[0].field_violations(0).field(), "field[0]");
  const auto info = All<google::rpc::ErrorInfo>(details);
  EXPECT_EQ(info[0].metadata().at("violations_dropped"), std::to_string(3000 - bad[0].field_violations_size()));
}

TEST(ToGrpcStatus, LongTextsAreCutBetweenCharacters) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamInvalidInput;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "图";
  detail.metadata = {{"upstream_message", text}, {"a", text}, {"b", text}};
  const grpc::Status status = ToGrpcStatus(base::MakeError(text, detail));
  EXPECT_LE(status.error_details().size(), kMaxDetailBytes);
  EXPECT_EQ(status.error_message().size(), 510u);
  EXPECT_EQ(Details(status).message(), status.error_message());
}

TEST(Reason, NamesNumbersAreThoseOfTheProto) {
  const auto* proto = gateway::v1::ErrorReason_descriptor();
  const std::string prefix = "ERROR_REASON_";
  for (int i = 0; i < proto->value_count(); ++i) {
    const auto* value = proto->value(i);
    EXPECT_EQ(prefix + std::string(base::ReasonName(static_cast<base::Reason>(value->number()))), value->name());
  }
  EXPECT_EQ(gateway::v1::ErrorReason_MAX, static_cast<int>(base::Reason::kCreationNotInDoubt));
}

}  // namespace
}  // namespace seedance::rpc
