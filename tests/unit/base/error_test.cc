#include "service/base/error.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "seedance/gateway/v1/error_reason.pb.h"
#include "service/base/advice.h"

namespace seedance::base {
namespace {

ErrorDetail FullDetail() {
  ErrorDetail detail;
  detail.reason = Reason::kQuotaExceeded;
  detail.metadata = {{"upstream_code", "429"}, {"empty", ""}};
  detail.violations = {{"asset.uri", "must be https"}, {"asset", "is required"}};
  detail.retry_delay = absl::Milliseconds(1500);
  detail.resource = ResourceRef{"seedance.gateway.v1.Asset", "assets/v~1"};
  detail.quota_subject = "tenant:a";
  return detail;
}

void ExpectEqual(const ErrorDetail& left, const ErrorDetail& right) {
  EXPECT_EQ(left.reason, right.reason);
  EXPECT_EQ(left.metadata, right.metadata);
  EXPECT_EQ(left.violations, right.violations);
  EXPECT_EQ(left.retry_delay, right.retry_delay);
  EXPECT_EQ(left.resource, right.resource);
  EXPECT_EQ(left.quota_subject, right.quota_subject);
}

TEST(Reason, MirrorsTheProtoEnum) {
  const auto* proto = seedance::gateway::v1::ErrorReason_descriptor();
  for (int number = 0; number <= seedance::gateway::v1::ErrorReason_MAX; ++number) {
    const auto* value = proto->FindValueByNumber(number);
    const std::string name(ReasonName(static_cast<Reason>(number)));
    EXPECT_EQ(name.empty() ? "" : "ERROR_REASON_" + name, value == nullptr ? "" : value->name()) << number;
  }
}

std::string AdviceIn(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_TRUE(payload.has_value() && info.ParseFromString(std::string(*payload)));
  const auto found = info.metadata().find("advice");
  return found == info.metadata().end() ? "" : found->second;
}

TEST(Advice, EveryReasonHasASentenceOfItsOwn) {
  const auto* proto = seedance::gateway::v1::ErrorReason_descriptor();
  std::set<std::string> texts;
  for (int i = 0; i < proto->value_count(); ++i) {
    const auto reason = static_cast<Reason>(proto->value(i)->number());
    const std::string text(AdviceOf(reason));
    if (reason == Reason::kUnspecified) {
      EXPECT_EQ(text, "");
      continue;
    }
    EXPECT_GE(text.size(), 20u) << proto->value(i)->name();
    EXPECT_LE(text.size(), 300u) << proto->value(i)->name();
    EXPECT_EQ(text.empty() ? '.' : text.back(), '.') << proto->value(i)->name();
    EXPECT_TRUE(texts.insert(text).second) << proto->value(i)->name() << " has another's text";
    ErrorDetail detail;
    detail.reason = reason;
    EXPECT_EQ(AdviceIn(MakeError("x", detail)), text);
  }
}

TEST(Advice, BelongsToTheReasonAndIsNoDetail) {
  ErrorDetail detail = GetErrorDetail(MakeError("x", FullDetail()));
  EXPECT_EQ(detail.metadata.count("advice"), 0u);
  detail.reason = Reason::kRateLimited;
  EXPECT_EQ(AdviceIn(MakeError("x", detail)), AdviceOf(Reason::kRateLimited));
  EXPECT_EQ(AdviceIn(ParseStatus(SerializeStatus(MakeError("x", detail)))), AdviceOf(Reason::kRateLimited));
}

TEST(Advice, AFailureAtFullProgressWithoutACauseIsMostOftenModeration) {
  EXPECT_NE(AdviceOf(Reason::kUpstreamFailed, true), AdviceOf(Reason::kUpstreamFailed));
  EXPECT_NE(AdviceOf(Reason::kUpstreamFailed, true).find("moderation"), std::string_view::npos);
  EXPECT_EQ(AdviceOf(Reason::kUpstreamFailed, false), AdviceOf(Reason::kUpstreamFailed));
  EXPECT_EQ(AdviceOf(Reason::kCreditsExhausted, true), AdviceOf(Reason::kCreditsExhausted));
}

TEST(Error, DetailsSurviveInTheStatus) {
  const absl::Status status = MakeError("too much", FullDetail());
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "too much");
  ExpectEqual(GetErrorDetail(status), FullDetail());
}

TEST(Error, EmptyDetailsStayEmpty) {
  ErrorDetail detail;
  detail.reason = Reason::kUpstreamLost;
  const absl::Status status = MakeError("x", detail);
  ExpectEqual(GetErrorDetail(status), detail);
}

TEST(Error, SerializedStatusComesBackWithEverything) {
  const absl::Status status = MakeError(absl::StatusCode::kAborted, "too much", FullDetail());
  const absl::Status back = ParseStatus(SerializeStatus(status));
  EXPECT_EQ(back, status);
  ExpectEqual(GetErrorDetail(back), FullDetail());
}

TEST(Error, SerializedFormIsGoogleRpcStatus) {
  google::rpc::Status proto;
  ASSERT_TRUE(proto.ParseFromString(SerializeStatus(InvalidField("a.b", "is required"))));
  EXPECT_EQ(proto.code(), 3);
  ASSERT_EQ(proto.details_size(), 2);
  int infos = 0;
  for (const auto& any : proto.details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    ++infos;
    EXPECT_EQ(info.domain(), "seedance-gateway");
    EXPECT_EQ(info.reason(), "INVALID_INPUT");
  }
  EXPECT_EQ(infos, 1);
}

TEST(Error, OkSurvives) { EXPECT_TRUE(ParseStatus(SerializeStatus(absl::OkStatus())).ok()); }

TEST(Error, GarbageIsAnInternalError) { EXPECT_EQ(ParseStatus("\x0a\xff").code(), absl::StatusCode::kInternal); }

TEST(Error, BrokenUtf8DoesNotCostTheDetails) {
  ErrorDetail detail = FullDetail();
  detail.metadata["upstream_message"] = "cut \xe7\x8c";
  detail.violations = {{"generation_task.aspect_ratio", "is `\xff`"}};
  detail.resource->name = "\xc0";
  detail.quota_subject = "\x80";
  const absl::Status back = ParseStatus(SerializeStatus(MakeError("bad \xff", detail)));
  EXPECT_EQ(back.message(), "bad \uFFFD");
  const ErrorDetail read = GetErrorDetail(back);
  EXPECT_EQ(read.reason, Reason::kQuotaExceeded);
  EXPECT_EQ(read.metadata.at("upstream_message"), "cut \uFFFD\uFFFD");
  ASSERT_EQ(read.violations.size(), 1u);
  EXPECT_EQ(read.violations[0].description, "is `\uFFFD`");
  EXPECT_EQ(read.resource->name, "\uFFFD");
  EXPECT_EQ(read.quota_subject, "\uFFFD");
  EXPECT_EQ(ParseStatus(SerializeStatus(absl::UnknownError("\xff"))).message(), "\uFFFD");
}

TEST(Error, TextsThatQuoteACallerArePrintableAndBounded) {
  ErrorDetail detail = FullDetail();
  detail.metadata["upstream_message"] = "\x1b[2J";
  detail.violations = {{"labels[\x07]", "is `\u009b`"}, {"model", std::string(1 << 20, 'x')}};
  detail.resource->name = std::string("assets/a\0", 9);
  const absl::Status status = MakeError("no \x7f", detail);
  EXPECT_EQ(status.message(), "no \\x7f");
  const ErrorDetail read = GetErrorDetail(status);
  EXPECT_EQ(read.metadata.at("upstream_message"), "\\x1b[2J");
  EXPECT_EQ(read.violations[0], (FieldViolation{"labels[\\x07]", "is `\\x9b`"}));
  EXPECT_EQ(read.violations[1].description.size(), 2048u);
  EXPECT_EQ(read.resource->name, "assets/a\\x00");
  EXPECT_EQ(InvalidField("upstream", std::string(1 << 20, '\n')).message().size(), 2048u);
}

TEST(Error, ReasonOfAForeignStatusIsGuessedFromItsCode) {
  EXPECT_EQ(GetReason(absl::OkStatus()), Reason::kUnspecified);
  EXPECT_EQ(GetReason(absl::CancelledError("")), Reason::kCancelled);
  EXPECT_EQ(GetReason(absl::DeadlineExceededError("")), Reason::kDeadlineExceeded);
  EXPECT_EQ(GetReason(absl::InvalidArgumentError("")), Reason::kInvalidInput);
  EXPECT_EQ(GetReason(absl::NotFoundError("")), Reason::kResourceNotFound);
  EXPECT_EQ(GetReason(absl::UnauthenticatedError("")), Reason::kUnauthenticated);
  EXPECT_EQ(GetReason(absl::DataLossError("")), Reason::kInternal);
}

TEST(Error, WordOfALaterReleaseIsUnspecified) {
  absl::Status status = absl::AbortedError("x");
  google::rpc::ErrorInfo info;
  info.set_reason("MADE_UP_LATER");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord(info.SerializeAsString()));
  EXPECT_EQ(GetReason(status), Reason::kUnspecified);
}

TEST(Error, NamedFunctionsHaveTheirCodesAndDetails) {
  const absl::Status field = InvalidField("asset.uri", "must be https");
  EXPECT_EQ(field.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(field.message(), "asset.uri: must be https");
  EXPECT_EQ(GetErrorDetail(field).violations, (std::vector<FieldViolation>{{"asset.uri", "must be https"}}));

  const absl::Status missing = ResourceNotFound("T", "assets/a");
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), "assets/a does not exist");
  EXPECT_EQ(GetErrorDetail(missing).resource, (ResourceRef{"T", "assets/a"}));

  const absl::Status store = StoreUnavailable("disk_full");
  EXPECT_EQ(store.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetReason(store), Reason::kStoreUnavailable);
  EXPECT_EQ(GetErrorDetail(store).metadata.at("cause"), "disk_full");
  EXPECT_TRUE(GetErrorDetail(store).retry_delay.has_value());

  const absl::Status defect = InternalError("oops");
  EXPECT_EQ(defect.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(GetReason(defect), Reason::kInternal);
}

TEST(Error, ManyViolationsAreCountedInTheText) {
  const absl::Status status = InvalidInput({{"a", "one"}, {"b", "two"}, {"c", "three"}});
  EXPECT_EQ(status.message(), "a: one (and 2 more)");
  EXPECT_EQ(GetErrorDetail(status).violations.size(), 3u);
}

TEST(Error, RetryDelayKeepsFractionsAndHours) {
  for (absl::Duration delay : {absl::ZeroDuration(), absl::Nanoseconds(1), absl::Hours(30) + absl::Milliseconds(7)}) {
    ErrorDetail detail;
    detail.reason = Reason::kRateLimited;
    detail.retry_delay = delay;
    EXPECT_EQ(GetErrorDetail(MakeError("x", detail)).retry_delay, delay);
  }
}

}  // namespace
}  // namespace seedance::base
