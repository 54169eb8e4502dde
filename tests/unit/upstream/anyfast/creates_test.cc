// What AnyFast's answers to billed calls mean, good, bad and ugly: whether the call was accepted and may be sent again,
// and the reason.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "service/base/error.h"
#include "service/upstream/anyfast/anyfast.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;

const absl::Time kNow = absl::FromUnixSeconds(1780000500);

std::unique_ptr<Upstream> AnyFastOver(const http::HttpReply& reply, base::Clock& clock) {
  AnyFastOptions options;
  options.api_key = base::Secret("sk-test-key-0123456789");
  return MakeAnyFast(options, std::make_unique<ScriptedTransport>(reply), clock);
}

constexpr http::HttpOutcome kReply = http::HttpOutcome::kReply;
constexpr Reason kNone = Reason::kUnspecified;

enum class Call { kGroup, kAsset, kUpload, kTask };

struct CreateRow {
  const char* name;
  Call call;
  http::HttpOutcome outcome;
  int status;
  const char* body;
  Acceptance acceptance;
  bool retryable;
  Reason reason;  // kUnspecified: accepted.
};

const CreateRow kCreates[] = {
    // ---- Accepted: an id in a 2xx ----
    {"Group", Call::kGroup, kReply, 200, R"({"Id":"group-1"})", Acceptance::kAccepted, false, kNone},
    {"Asset", Call::kAsset, kReply, 200, R"({"Id":"asset-1","VerifyUrl":""})", Acceptance::kAccepted, false, kNone},
    {"AssetInEnvelope", Call::kAsset, kReply, 200,
     R"({"ResponseMetadata":{"RequestId":"r"},"Result":{"Id":"asset-1"}})", Acceptance::kAccepted, false, kNone},
    {"Task", Call::kTask, kReply, 200,
     R"({"id":"asyntask_1","task_id":"asyntask_1","object":"video","status":"queued"})", Acceptance::kAccepted, false,
     kNone},
    {"TaskWithTaskIdOnly", Call::kTask, kReply, 200, R"({"id":"","task_id":"asyntask_1"})", Acceptance::kAccepted,
     false, kNone},
    {"TaskWithEmptyStatus", Call::kTask, kReply, 200, R"({"id":"cgt-1","status":""})", Acceptance::kAccepted, false,
     kNone},
    {"TaskInEnvelope", Call::kTask, kReply, 200, R"({"code":"success","data":{"task_id":"asyntask_1"}})",
     Acceptance::kAccepted, false, kNone},
    {"TaskWith201", Call::kTask, kReply, 201, R"({"id":"asyntask_1"})", Acceptance::kAccepted, false, kNone},
    {"TaskIdAsData", Call::kTask, kReply, 200, R"({"data":"task_0001"})", Acceptance::kAccepted, false, kNone},
    {"TaskIdAsDataOfAnEnvelope", Call::kTask, kReply, 200, R"({"code":"success","message":"","data":"task_0001"})",
     Acceptance::kAccepted, false, kNone},
    {"BrokenCharacterBesideTheId", Call::kTask, kReply, 200,
     R"({"id":"task_0001","status":"queued","prompt":"cut \ud83d"})", Acceptance::kAccepted, false, kNone},
    {"BrokenByteBesideTheId", Call::kAsset, kReply, 200, "{\"Name\":\"caf\xe9\",\"Id\":\"asset-1\"}",
     Acceptance::kAccepted, false, kNone},

    // ---- In doubt ----
    // It is billed, but its id cannot be used: control characters, `/`, a path of its own, too long.
    {"IdWithControl", Call::kTask, kReply, 200, R"({"id":"a\u0000b"})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"IdWithLineEnd", Call::kAsset, kReply, 200, R"({"Id":"a\r\nHost: x"})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"IdWithSlash", Call::kTask, kReply, 200, R"({"id":"../../v1/models"})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"IdOfDots", Call::kGroup, kReply, 200, R"({"Id":".."})", Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"IdWithBlank", Call::kTask, kReply, 200, R"({"id":"a b"})", Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"IdTooLong", Call::kTask, kReply, 200,
     R"({"id":"00000000001111111111222222222233333333334444444444555555555566666666667777777777888888888899999999990000000000111111111122222222223"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"NoId", Call::kTask, kReply, 200, R"({"object":"video"})", Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"IdIsObject", Call::kTask, kReply, 200, R"({"id":{}})", Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"TruncatedJson", Call::kTask, kReply, 200, R"({"id":"asyntask_)", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"JsonOfAnotherProgram500", Call::kTask, kReply, 500, R"({"message":"Endpoint request timed out"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    // A proxy's word, whatever its status: the vendor may have the call. With a time to come back too.
    {"TooManyOfAProxy", Call::kTask, kReply, 429, R"({"code":429,"message":"Too Many Requests"})", Acceptance::kUnknown,
     false, Reason::kOutcomeUnknown},
    {"TooManyOfAProxyBehind", Call::kTask, kReply, 429,
     R"({"code":"fail_to_fetch_task","message":"<html><h1>429 Too Many Requests</h1></html>","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"Html503Behind", Call::kTask, kReply, 503,
     R"({"code":"fail_to_fetch_task","message":"<html><h1>503 Service Unavailable</h1></html>","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    // The page or the error of a proxy behind new-api, in new-api's shape.
    {"ProxyErrorBehind503", Call::kTask, kReply, 503,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":503,\"message\":\"upstream connect error\",\"status\":\"UNAVAILABLE\"}}","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"ProxyErrorBehind502", Call::kTask, kReply, 502,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":502,\"message\":\"Bad Gateway\"}}","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"AnswerBehindNotReadWithItsBody", Call::kTask, kReply, 500,
     R"({"code":"unmarshal_response_body_failed","message":"body: {\"code\":0,\"message\":\"ok\",\"id\":{}}: json: cannot unmarshal object","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"AnswerBehindNotReadByAnAdaptor", Call::kTask, kReply, 500,
     R"({"code":"unmarshal_response_failed","message":"m","data":null})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"ConnectionBehindBroke", Call::kAsset, kReply, 502,
     R"x({"error":{"message":"upstream_error: Post \"https://o.example/?Action=CreateAsset\": EOF"}})x",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"AnotherProgram503", Call::kTask, kReply, 503,
     R"({"error":{"message":"upstream request failed","type":"server_error"}})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"AnotherProgram503Flat", Call::kTask, kReply, 503, R"({"code":"ServiceUnavailable","message":"m"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"AnotherProgram502", Call::kTask, kReply, 502, R"({"code":"BadGateway","message":"m"})", Acceptance::kUnknown,
     false, Reason::kOutcomeUnknown},
    {"BusyWithoutSuccess", Call::kTask, kReply, 200, R"({"success":false,"message":"busy","data":"task_0001"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"AWordIsNoId", Call::kTask, kReply, 200, R"({"code":"success","message":"","data":"accepted"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"CallBehindFailed", Call::kTask, kReply, 500, R"({"code":"do_request_failed","message":"m","data":null})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"CallBehindFailedInMiddleware", Call::kTask, kReply, 503,
     R"x({"error":{"message":"do request failed: Post \"https://o.example\": EOF","type":"new_api_error","code":"do_request_failed"}})x",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"CallBehindFailedWith200", Call::kTask, kReply, 200,
     R"({"code":"do_request_failed","message":"insufficient_user_quota","data":null})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"AnswerBehindNotRead", Call::kTask, kReply, 500,
     R"({"code":"unmarshal_response_body_failed","message":"m","data":null})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"AnswerBehindWithoutId", Call::kTask, kReply, 500,
     R"({"code":"invalid_response","message":"task_id is empty","data":null})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"TimeOutBehind", Call::kTask, kReply, 502,
     R"({"code":"fail_to_fetch_task","message":"context deadline exceeded","data":null})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"SuccessEnvelopeWithWords", Call::kTask, kReply, 200,
     R"({"code":"success","message":"the input text may be long","data":{}})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"DataIsNoId", Call::kTask, kReply, 200, R"({"code":"success","message":"","data":"see the console"})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"CutRefusal", Call::kTask, http::HttpOutcome::kReplyCut, 400, R"({"code":)", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},

    // ---- Surely not accepted ----
    {"RequestCut", Call::kTask, http::HttpOutcome::kRequestCut, 0, "", Acceptance::kNotAccepted, true,
     Reason::kUpstreamUnavailable},
    {"UploadCut", Call::kUpload, http::HttpOutcome::kRequestCut, 0, "", Acceptance::kNotAccepted, false,
     Reason::kUpstreamUnavailable},
    {"UploadCancelledEarly", Call::kUpload, http::HttpOutcome::kCancelled, 0, "", Acceptance::kNotAccepted, false,
     Reason::kCancelled},
    {"TooMany", Call::kTask, kReply, 429, R"({"code":"rate_limited","message":"group load saturated","data":null})",
     Acceptance::kNotAccepted, true, Reason::kRateLimited},
    {"QuotaOfConcurrency", Call::kTask, kReply, 429,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"QuotaExceeded\",\"message\":\"m\"}}","data":null})",
     Acceptance::kNotAccepted, true, Reason::kQuotaExceeded},
    {"QueueFull", Call::kTask, kReply, 429,
     R"({"error":{"code":"QuotaExceeded","message":"120 tasks are queued already","type":"TooManyRequests"}})",
     Acceptance::kNotAccepted, true, Reason::kQuotaExceeded},
    {"RateLimitWith200", Call::kTask, kReply, 200,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"ModelAccountRpmRateLimitExceeded\",\"message\":\"m\"}}","data":null})",
     Acceptance::kNotAccepted, true, Reason::kRateLimited},
    {"Overloaded", Call::kTask, kReply, 429,
     R"({"error":{"code":"ServerOverloaded","message":"m","type":"TooManyRequests"}})", Acceptance::kNotAccepted, true,
     Reason::kRateLimited},
    {"NoChannel", Call::kTask, kReply, 503,
     R"({"error":{"message":"no available channel","type":"new_api_error","code":"model_not_found"}})",
     Acceptance::kRefused, false, Reason::kUpstreamInvalidInput},
    {"OwnWords503", Call::kTask, kReply, 503,
     R"({"error":{"message":"system is busy","type":"new_api_error","code":""}})", Acceptance::kNotAccepted, true,
     Reason::kUpstreamUnavailable},
    // Envoy says so after it had passed the whole request on.
    {"ProxyText503", Call::kAsset, kReply, 503, "upstream connect error or disconnect/reset before headers",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    // A proxy's error in JSON is no word of the vendor: its code is the status, in a number.
    {"ProxyError503", Call::kTask, kReply, 503,
     R"({"error":{"code":503,"message":"upstream connect error or disconnect/reset","status":"UNAVAILABLE"}})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"ProxyFlat503", Call::kTask, kReply, 503, R"({"code":503,"message":"Service Unavailable"})", Acceptance::kUnknown,
     false, Reason::kOutcomeUnknown},
    {"ProxyError502", Call::kAsset, kReply, 502, R"({"error":{"code":502,"message":"Bad Gateway"}})",
     Acceptance::kUnknown, false, Reason::kOutcomeUnknown},
    {"ProxyNull500", Call::kGroup, kReply, 500, R"({"code":null,"message":"oops"})", Acceptance::kUnknown, false,
     Reason::kOutcomeUnknown},
    {"RateLimitWrappedIn500", Call::kTask, kReply, 500,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"RateLimitExceeded\",\"message\":\"m\"}}","data":null})",
     Acceptance::kNotAccepted, true, Reason::kRateLimited},
    {"CreditsAs429", Call::kTask, kReply, 429,
     R"({"code":"insufficient_user_quota","message":"no balance","data":null})", Acceptance::kRefused, false,
     Reason::kCreditsExhausted},

    // ---- Refused ----
    {"NestedInvalidParameter", Call::kTask, kReply, 400,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"asset asset-1 is not found\",\"type\":\"BadRequest\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kAssetNotReady},
    {"NestedOtherParameter", Call::kTask, kReply, 400,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"specified asset is not an image\",\"type\":\"BadRequest\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kUpstreamInvalidInput},
    {"NestedInputModeration", Call::kTask, kReply, 400,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"InputImageSensitiveContentDetected.PrivacyInformation\",\"message\":\"The request failed because the input image may contain real person.\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kInputModeration},
    {"AssetNotActive", Call::kTask, kReply, 400,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"asset asset-1 is not active\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kAssetNotReady},
    {"PromptRequired", Call::kTask, kReply, 400,
     R"({"code":"invalid_request","message":"prompt is required","data":null})", Acceptance::kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"NoModelName", Call::kTask, kReply, 400,
     R"({"error":{"message":"model name missing","type":"new_api_error","code":""}})", Acceptance::kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"NoCredits", Call::kTask, kReply, 403, R"({"code":"insufficient_user_quota","message":"no balance","data":null})",
     Acceptance::kRefused, false, Reason::kCreditsExhausted},
    {"NoCreditsForToken", Call::kTask, kReply, 403,
     R"({"code":"pre_consume_token_quota_failed","message":"m","data":null})", Acceptance::kRefused, false,
     Reason::kCreditsExhausted},
    {"BadKey", Call::kGroup, kReply, 401, R"({"error":{"message":"invalid token","type":"new_api_error","code":""}})",
     Acceptance::kRefused, false, Reason::kUpstreamAuthFailed},
    {"KeyMayNot", Call::kTask, kReply, 403,
     R"({"error":{"message":"no access to model","type":"new_api_error","code":"access_denied"}})",
     Acceptance::kRefused, false, Reason::kUpstreamAuthFailed},
    {"GroupNotFound404", Call::kAsset, kReply, 404,
     R"({"error":{"message":"upstream_error: [NotFound.group_id] The specified asset_group X is not found."}})",
     Acceptance::kRefused, false, Reason::kResourceNotFound},
    {"GroupNotFound400", Call::kUpload, kReply, 400, R"({"error":{"message":"group not found"}})", Acceptance::kRefused,
     false, Reason::kResourceNotFound},
    {"GroupNotFound502", Call::kAsset, kReply, 502,
     R"({"error":{"message":"upstream_error: [NotFound.group_id] The specified asset_group X is not found."}})",
     Acceptance::kRefused, false, Reason::kResourceNotFound},
    {"GroupNotFoundWithItsId", Call::kAsset, kReply, 400,
     R"({"error":{"message":"upstream_error: [InvalidParameter.GroupId] The specified group group-1-zz is not found"}})",
     Acceptance::kRefused, false, Reason::kResourceNotFound},
    {"SomethingNotFound404", Call::kAsset, kReply, 404, R"({"error":{"message":"upstream_error: not found"}})",
     Acceptance::kRefused, false, Reason::kResourceNotFound},
    {"NameTaken", Call::kAsset, kReply, 400, R"({"error":{"message":"asset name already exists"}})",
     Acceptance::kRefused, false, Reason::kDisplayNameTaken},
    {"UpstreamAssetFailure502", Call::kAsset, kReply, 502,
     R"({"error":{"message":"upstream_error: [InternalError] try later"}})", Acceptance::kRefused, false,
     Reason::kUpstreamFailed},
    {"OwnRefusal500", Call::kTask, kReply, 500, R"({"code":"convert_request_failed","message":"m","data":null})",
     Acceptance::kRefused, false, Reason::kUpstreamFailed},
    {"CreditsWith200", Call::kTask, kReply, 200, R"({"code":"insufficient_user_quota","message":"quota","data":null})",
     Acceptance::kRefused, false, Reason::kCreditsExhausted},
    {"InvalidWith200", Call::kTask, kReply, 200,
     R"({"code":"invalid_request","message":"prompt is required","data":null})", Acceptance::kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"ModerationWith200", Call::kTask, kReply, 200,
     R"({"error":{"code":"InputTextSensitiveContentDetected","message":"m","type":"BadRequest"}})",
     Acceptance::kRefused, false, Reason::kInputModeration},
    {"NestedRefusalWith200", Call::kTask, kReply, 200,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"AccountOverdueError\",\"message\":\"m\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kCreditsExhausted},
    {"RiskOfText", Call::kTask, kReply, 400,
     R"({"error":{"code":"InputTextRiskDetection","message":"m","type":"BadRequest"}})", Acceptance::kRefused, false,
     Reason::kInputModeration},
    {"RiskOfImage", Call::kTask, kReply, 400,
     R"({"error":{"code":"InputImageRiskDetection","message":"m","type":"BadRequest"}})", Acceptance::kRefused, false,
     Reason::kInputModeration},
    {"SecurityDetection", Call::kTask, kReply, 400,
     R"({"error":{"code":"ContentSecurityDetectionError","message":"m","type":"BadRequest"}})", Acceptance::kRefused,
     false, Reason::kInputModeration},
    {"DeepFake", Call::kTask, kReply, 400,
     R"({"error":{"code":"InputVideo.DeepFake","message":"m","type":"BadRequest"}})", Acceptance::kRefused, false,
     Reason::kInputModeration},
    {"FreeTrialUsedUp", Call::kTask, kReply, 429,
     R"({"code":"fail_to_fetch_task","message":"{\"error\":{\"code\":\"QuotaExceeded\",\"message\":\"Your account has exhausted the free trial quota for the model; activate it in the console\",\"type\":\"TooManyRequests\"}}","data":null})",
     Acceptance::kRefused, false, Reason::kCreditsExhausted},
    {"QuotaUntilItsReset", Call::kTask, kReply, 429,
     R"({"error":{"code":"QuotaExceeded","message":"You have exceeded the 5-hour quota. It will reset at 2026-03-08 12:00:00 +0800","type":"TooManyRequests"}})",
     Acceptance::kRefused, false, Reason::kQuotaExceeded},
    {"SafeMode", Call::kTask, kReply, 429,
     R"({"error":{"code":"SetLimitExceeded","message":"Your account has reached the set inference limit","type":"TooManyRequests"}})",
     Acceptance::kRefused, false, Reason::kCreditsExhausted},
    {"SpecifiedAssetNotFound", Call::kTask, kReply, 400,
     R"({"error":{"code":"InvalidParameter","message":"The specified asset asset-2026-x is not found. Request id: 1","type":"BadRequest"}})",
     Acceptance::kRefused, false, Reason::kAssetNotReady},
    {"Html403", Call::kTask, kReply, 403, "<html>blocked</html>", Acceptance::kRefused, false,
     Reason::kUpstreamAuthFailed},
};

class CreateTest : public ::testing::TestWithParam<CreateRow> {};

BilledResult<std::string> Make(Upstream& upstream, Call call) {
  NewAsset asset;
  asset.group_id = "group-1";
  http::TextSource file("bytes");
  switch (call) {
    case Call::kGroup:
      return upstream.groups()->CreateGroup({}, {"name", ""});
    case Call::kAsset:
      asset.uri = "https://e.example/a.png";
      return upstream.assets().CreateAsset({}, asset);
    case Call::kUpload:
      asset.data = &file;
      return upstream.assets().CreateAsset({}, asset);
    case Call::kTask:
      break;
  }
  model::TaskRequest task;
  task.prompt = "a fox";
  return upstream.tasks().CreateTask({}, task);
}

TEST_P(CreateTest, IsAcceptedRefusedOrInDoubt) {
  const CreateRow& row = GetParam();
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(Answer(row.outcome, row.status, row.body), clock);
  const BilledResult<std::string> result = Make(*upstream, row.call);
  EXPECT_EQ(result.acceptance, row.acceptance) << result.status;
  if (row.acceptance == Acceptance::kAccepted) {
    EXPECT_FALSE(result.value.empty());
    return;
  }
  EXPECT_EQ(base::ReasonName(base::GetReason(result.status)), base::ReasonName(row.reason)) << result.status;
  EXPECT_EQ(result.retryable, row.retryable);
  EXPECT_TRUE(result.value.empty());
}

INSTANTIATE_TEST_SUITE_P(Answers, CreateTest, ::testing::ValuesIn(kCreates),
                         [](const auto& row) { return std::string(row.param.name); });

// ---- What errors say ----

TEST(AnyFastErrors, GroupNotFoundNamesTheGroup) {
  base::SimulatedClock clock(kNow);
  auto upstream =
      AnyFastOver(Answer(kReply, 404, R"({"error":{"message":"[NotFound.group_id] no asset_group"}})"), clock);
  const base::ErrorDetail detail = base::GetErrorDetail(Make(*upstream, Call::kAsset).status);
  ASSERT_TRUE(detail.resource.has_value());
  EXPECT_EQ(detail.resource->type, "seedance.gateway.v1.AssetGroup");
  EXPECT_EQ(detail.resource->name, "assetGroups/anyfast~group-1");
  EXPECT_EQ(detail.metadata.at("upstream_code"), "NotFound.group_id");
}

TEST(AnyFastErrors, CarryTheVendorsTextWithoutKeysAndRequestIds) {
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(
      Answer(
          kReply, 400,
          R"({"code":"invalid_request","message":"bad sk-test-key-0123456789 at https://x.example/a?sig=SECRET (request id: 20260601ABC) Request id: 0217abc"})"),
      clock);
  const absl::Status status = Make(*upstream, Call::kTask).status;
  const std::string text = base::GetErrorDetail(status).metadata.at("upstream_message");
  EXPECT_THAT(text, ::testing::HasSubstr("bad *** at https://x.example/a"));
  for (const std::string& all : {text, std::string(status.message())}) {
    EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("0123456789")));
    EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("SECRET")));
    EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("20260601ABC")));
    EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("0217abc")));
  }
}

TEST(AnyFastErrors, AnIdThatCannotBeUsedIsShownWhereAPersonLooks) {
  base::SimulatedClock clock(kNow);
  const absl::Status status = Make(*AnyFastOver(Answer(kReply, 200, R"({"id":"a/b?c"})"), clock), Call::kTask).status;
  EXPECT_THAT(base::GetErrorDetail(status).metadata.at("upstream_message"), ::testing::HasSubstr("of 5 bytes"));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("a/b?c"));
}

TEST(AnyFastErrors, AQueryOrFragmentInAnIdStaysInItsSegmentOfThePath) {
  base::SimulatedClock clock(kNow);
  auto owned = std::make_unique<ScriptedTransport>(Answer(kReply, 404, "{}"));
  const ScriptedTransport& transport = *owned;
  AnyFastOptions options;
  auto upstream = MakeAnyFast(options, std::move(owned), clock);
  (void)upstream->tasks().GetTask({}, "a?b#c%2e..");
  EXPECT_EQ(transport.requests().at(0).url, options.base_url + "/v1/video/generations/a%3Fb%23c%252e%2E%2E");
}

TEST(AnyFastErrors, OnlyTheVendorsOwnWordsMakeALimitOneOfTheAccount) {
  base::SimulatedClock clock(kNow);
  const auto scope = [&](const char* body) {
    return base::GetErrorDetail(Make(*AnyFastOver(Answer(kReply, 429, body), clock), Call::kTask).status)
        .metadata.count(std::string(kLimitScopeKey));
  };
  EXPECT_EQ(scope(R"({"error":{"message":"您已达到请求数限制：1分钟内最多请求60次","type":"new_api_error"}})"), 1u);
  EXPECT_EQ(scope(R"({"code":"upstream_error","message":"当前分组上游负载已饱和，请稍后再试","data":null})"), 0u);
  EXPECT_EQ(scope("<html>429</html>"), 0u);
}

TEST(AnyFastErrors, RetryAfterInSecondsAndAsDate) {
  base::SimulatedClock clock(kNow);
  http::HttpReply reply = Answer(kReply, 429, "{}");
  reply.headers["retry-after"] = "17";
  EXPECT_EQ(Make(*AnyFastOver(reply, clock), Call::kTask).retry_after, absl::Seconds(17));
  reply.headers["retry-after"] =
      absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", kNow + absl::Seconds(90), absl::UTCTimeZone());
  EXPECT_EQ(Make(*AnyFastOver(reply, clock), Call::kTask).retry_after, absl::Seconds(90));
  EXPECT_EQ(base::GetErrorDetail(AnyFastOver(reply, clock)->tasks().GetTask({}, "t").status()).retry_delay,
            absl::Seconds(90));
  // A proxy's page is no word of the vendor, with a time to come back or without.
  http::HttpReply page = Answer(kReply, 503, "<html>");
  page.headers["retry-after"] = "2";
  EXPECT_EQ(Make(*AnyFastOver(page, clock), Call::kTask).acceptance, Acceptance::kUnknown);
  page.status = 429;
  EXPECT_EQ(Make(*AnyFastOver(page, clock), Call::kTask).acceptance, Acceptance::kUnknown);
  // One answer does not stop work for a day.
  reply.headers["retry-after"] = "86400";
  EXPECT_EQ(Make(*AnyFastOver(reply, clock), Call::kTask).retry_after, absl::Minutes(5));
  EXPECT_EQ(base::GetErrorDetail(AnyFastOver(reply, clock)->tasks().GetTask({}, "t").status()).retry_delay,
            absl::Minutes(5));
  AnyFastOptions patient;
  patient.max_retry_after = absl::Hours(1);
  EXPECT_EQ(Make(*MakeAnyFast(patient, std::make_unique<ScriptedTransport>(reply), clock), Call::kTask).retry_after,
            absl::Hours(1));
  reply.headers["retry-after"] = "soon";
  EXPECT_EQ(Make(*AnyFastOver(reply, clock), Call::kTask).retry_after, std::nullopt);
  EXPECT_EQ(base::GetErrorDetail(AnyFastOver(reply, clock)->tasks().GetTask({}, "t").status()).retry_delay,
            absl::Seconds(5));
}

}  // namespace
}  // namespace seedance::upstream
