// What PiAPI's answers to creates mean, good, bad and ugly: whether the call was accepted and may be sent again, and
// the reason.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/base/error.h"
#include "service/upstream/piapi/piapi.h"
#include "service/upstream/piapi/task_report.h"
#include "service/upstream/request_outcome.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;

const absl::Time kNow = absl::FromUnixSeconds(1780000500);

std::unique_ptr<Upstream> PiApiOver(const http::HttpReply& reply, base::Clock& clock) {
  PiApiOptions options;
  options.api_key = base::Secret("0123456789abcdef-key");
  return MakePiApi(options, std::make_unique<ScriptedTransport>(reply), clock);
}

constexpr http::HttpOutcome kReply = http::HttpOutcome::kReply;
constexpr Reason kNone = Reason::kUnspecified;

enum class Call { kAsset, kTask };

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

constexpr Acceptance kAccepted = Acceptance::kAccepted;
constexpr Acceptance kRefused = Acceptance::kRefused;
constexpr Acceptance kNotAccepted = Acceptance::kNotAccepted;
constexpr Acceptance kUnknown = Acceptance::kUnknown;

const CreateRow kCreates[] = {
    // ---- Accepted: an id in an answer that does not say why not ----
    {"Task", Call::kTask, kReply, 200,
     R"x({"code":200,"message":"success","data":{"task_id":"t","model":"seedance","task_type":"seedance-2","status":"pending","output":null,"logs":[],"error":{"code":0,"raw_message":"","message":"","detail":null}}})x",
     kAccepted, false, kNone},
    {"TaskCapitalised", Call::kTask, kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"Pending"}})x",
     kAccepted, false, kNone},
    {"TaskWith201", Call::kTask, kReply, 201, R"x({"code":200,"data":{"task_id":"t","status":"pending"}})x", kAccepted,
     false, kNone},
    // A task that is shown to live is never sent again, whatever the answer says of itself.
    {"TooManyWithATask", Call::kTask, kReply, 200,
     R"x({"code":429,"message":"too many requests","data":{"task_id":"t","status":"pending"}})x", kAccepted, false,
     kNone},
    {"TaskBesideEmptyData", Call::kTask, kReply, 200, R"x({"task_id":"t","status":"pending","data":""})x", kAccepted,
     false, kNone},
    {"TaskWithoutEnvelope", Call::kTask, kReply, 200, R"x({"task_id":"t","status":"pending"})x", kAccepted, false,
     kNone},
    {"TaskWithErrorWordsButPending", Call::kTask, kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"pending","logs":["retry after error"],"error":{"code":1,"message":"m"}}})x",
     kAccepted, false, kNone},
    // The vendor knows the task: a poll tells what became of it, and why.
    {"TaskFailedAtOnceWithoutCause", Call::kTask, kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"internal error"}}})x",
     kAccepted, false, kNone},
    {"TaskWithErrorCodeAndId", Call::kTask, kReply, 500,
     R"x({"code":500,"message":"internal error","data":{"task_id":"t","status":"pending"}})x", kAccepted, false, kNone},
    {"Asset", Call::kAsset, kReply, 200,
     R"x({"asset_id":"asset-1","status":"Processing","upload_at":"2026-07-02T08:15:00Z"})x", kAccepted, false, kNone},
    {"AssetInEnvelope", Call::kAsset, kReply, 200, R"x({"code":200,"data":{"asset_id":"asset-1"}})x", kAccepted, false,
     kNone},
    {"AssetOfABatch", Call::kAsset, kReply, 200,
     R"x({"total":1,"success":1,"failed":0,"results":[{"asset_id":"asset-1","status":"Processing"}]})x", kAccepted,
     false, kNone},

    {"BrokenCharacterBesideTheId", Call::kTask, kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"pending","input":{"prompt":"cut \ud83d"}}})x", kAccepted, false,
     kNone},
    {"BrokenByteBesideTheId", Call::kAsset, kReply, 200, "{\"name\":\"caf\xe9\",\"asset_id\":\"asset-1\"}", kAccepted,
     false, kNone},

    // ---- In doubt ----
    {"TooManyOfAProxy409", Call::kTask, kReply, 409, R"x({"message":"Too Many Requests"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"TooManyOfAProxy", Call::kTask, kReply, 429, R"x({"message":"Too Many Requests"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"NoId", Call::kTask, kReply, 200, R"x({"code":200,"message":"success","data":{}})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"CutJson", Call::kTask, kReply, 200, R"x({"code":200,"data":{"task_id":"t)x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"Code500With200", Call::kTask, kReply, 200, R"x({"code":500,"message":"internal error","data":null})x", kUnknown,
     false, Reason::kOutcomeUnknown},
    {"Code10000With200", Call::kTask, kReply, 200, R"x({"code":10000,"message":"internal error"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"AWordIsNoId", Call::kTask, kReply, 200, R"x({"code":200,"message":"ok","data":"ok"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"Json500", Call::kTask, kReply, 500, R"x({"code":500,"message":"internal server error"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"Json500OfWorker", Call::kTask, kReply, 500,
     R"x({"code":500,"message":"invalid response from the worker: sensitive"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"Json503", Call::kTask, kReply, 503, R"x({"code":503,"message":"service unavailable"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"JsonOfAProxy504", Call::kTask, kReply, 504, R"x({"message":"Endpoint request timed out"})x", kUnknown, false,
     Reason::kOutcomeUnknown},
    {"Cloudflare520", Call::kTask, kReply, 520, "<html>Web server is returning an unknown error</html>", kUnknown,
     false, Reason::kOutcomeUnknown},
    {"Cloudflare521", Call::kTask, kReply, 521, "error code: 521", kUnknown, false, Reason::kOutcomeUnknown},
    {"Cloudflare522", Call::kTask, kReply, 522, "error code: 522", kUnknown, false, Reason::kOutcomeUnknown},
    {"CloudflareJson524", Call::kTask, kReply, 524,
     R"x({"title":"Error 524: insufficient credits","status":524,"error_code":524,"cloudflare_error":true})x", kUnknown,
     false, Reason::kOutcomeUnknown},
    {"Html409", Call::kTask, kReply, 409, "<html>", kUnknown, false, Reason::kOutcomeUnknown},
    {"Redirect302", Call::kTask, kReply, 302, "", kUnknown, false, Reason::kOutcomeUnknown},
    {"CutAnswer", Call::kTask, http::HttpOutcome::kReplyCut, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"pending"}})x", kUnknown, false, Reason::kOutcomeUnknown},
    {"CutRefusal", Call::kTask, http::HttpOutcome::kReplyCut, 400, R"x({"code":400)x", kUnknown, false,
     Reason::kOutcomeUnknown},

    // ---- Surely not accepted ----
    {"RequestCut", Call::kTask, http::HttpOutcome::kRequestCut, 0, "", kNotAccepted, true,
     Reason::kUpstreamUnavailable},
    {"PlanLimit429", Call::kTask, kReply, 429,
     R"x({"code":429,"message":"active task count 2 has reached the plan limit"})x", kNotAccepted, true,
     Reason::kRateLimited},
    {"QueueFull", Call::kTask, kReply, 429, R"x({"code":429,"message":"QuotaExceeded: 120 tasks are queued"})x",
     kNotAccepted, true, Reason::kQuotaExceeded},
    {"PlanLimit400", Call::kTask, kReply, 400,
     R"x({"code":400,"message":"active task count 2 has reached the plan limit"})x", kNotAccepted, true,
     Reason::kRateLimited},
    {"PlanLimit500", Call::kTask, kReply, 500,
     R"x({"code":500,"message":"failed to create task: active task count 10 has reached the plan limit"})x",
     kNotAccepted, true, Reason::kRateLimited},
    {"PlanLimitWith200", Call::kTask, kReply, 200,
     R"x({"code":500,"message":"","data":{"task_id":"","error":{"code":10000,"message":"active task count 2 has reached the plan limit"}}})x",
     kNotAccepted, true, Reason::kRateLimited},
    {"PlanLimitAsFailedTask", Call::kTask, kReply, 200,
     R"x({"code":500,"message":"error","data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"active task count 2 has reached the plan limit"}}})x",
     kNotAccepted, true, Reason::kRateLimited},
    {"EphemeralCap", Call::kTask, kReply, 400, R"x({"code":400,"message":"ephemeral asset hard cap reached"})x",
     kNotAccepted, true, Reason::kRateLimited},
    {"BlockPage", Call::kTask, kReply, 403, "<!DOCTYPE html><title>Access denied</title>error code: 1010", kNotAccepted,
     true, Reason::kUpstreamUnavailable},
    {"BlockJson", Call::kTask, kReply, 403,
     R"x({"title":"Error 1010","detail":"Access denied","status":403,"error_code":1010,"cloudflare_error":true})x",
     kNotAccepted, true, Reason::kUpstreamUnavailable},

    // ---- Refused ----
    {"NoCredits402", Call::kTask, kReply, 402, "{}", kRefused, false, Reason::kCreditsExhausted},
    {"NoCredits400", Call::kTask, kReply, 400, R"x({"code":400,"message":"insufficient credits"})x", kRefused, false,
     Reason::kCreditsExhausted},
    {"NoCredits500", Call::kTask, kReply, 500, R"x({"code":500,"message":"Insufficient credits in your account"})x",
     kRefused, false, Reason::kCreditsExhausted},
    {"NoCredits429", Call::kTask, kReply, 429, R"x({"code":429,"message":"insufficient credits"})x", kRefused, false,
     Reason::kCreditsExhausted},
    {"NoCreditsWith200", Call::kTask, kReply, 200,
     R"x({"code":402,"message":"error","data":{"error":{"code":10000,"message":"insufficient credits"}}})x", kRefused,
     false, Reason::kCreditsExhausted},
    {"NoCreditsAsFailedTask", Call::kTask, kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"insufficient credits"}}})x",
     kRefused, false, Reason::kCreditsExhausted},
    {"BadKey", Call::kTask, kReply, 401, R"x({"code":401,"message":"unauthorized"})x", kRefused, false,
     Reason::kUpstreamAuthFailed},
    {"BadKeyHtml", Call::kTask, kReply, 401, "<html>", kRefused, false, Reason::kUpstreamAuthFailed},
    {"BadKeyWith200", Call::kTask, kReply, 200, R"x({"code":401,"message":"unauthorized"})x", kRefused, false,
     Reason::kUpstreamAuthFailed},
    {"PlanOfAssets", Call::kAsset, kReply, 403, R"x({"code":403,"message":"Insufficient plan level"})x", kRefused,
     false, Reason::kUpstreamAuthFailed},
    {"PlanOfAssetsPlain", Call::kAsset, kReply, 403, R"x({"error":"plan hobbyist or above required"})x", kRefused,
     false, Reason::kUpstreamAuthFailed},
    {"Invalid422", Call::kTask, kReply, 422, R"x({"code":422,"message":"asset:// is not supported by seedance-2"})x",
     kRefused, false, Reason::kUpstreamInvalidInput},
    {"Invalid400", Call::kTask, kReply, 400, R"x({"code":400,"message":"invalid duration"})x", kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"InvalidWith200", Call::kTask, kReply, 200, R"x({"code":400,"message":"invalid duration","data":null})x", kRefused,
     false, Reason::kUpstreamInvalidInput},
    {"InvalidByDetail", Call::kTask, kReply, 422,
     R"x({"detail":[{"loc":["body","input"],"msg":"field required","type":"value_error"}]})x", kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"Moderation400", Call::kTask, kReply, 400,
     R"x({"code":400,"message":"Your content violated community guidelines."})x", kRefused, false,
     Reason::kInputModeration},
    {"ModerationByCode", Call::kTask, kReply, 200, R"x({"code":10003,"message":"refused"})x", kRefused, false,
     Reason::kInputModeration},
    {"ModerationInData500", Call::kTask, kReply, 500,
     R"x({"code":500,"message":"error","data":{"error":{"code":10003,"message":"content violation"}}})x", kRefused,
     false, Reason::kInputModeration},
    {"RealPersonOnAsset", Call::kAsset, kReply, 400, R"x({"error":"image contains a real person"})x", kRefused, false,
     Reason::kInputModeration},
    {"RiskOfText", Call::kTask, kReply, 400, R"x({"code":400,"message":"InputTextRiskDetection: m"})x", kRefused, false,
     Reason::kInputModeration},
    {"FreeTrialUsedUp", Call::kTask, kReply, 429,
     R"x({"code":429,"message":"QuotaExceeded: exhausted the free trial quota"})x", kRefused, false,
     Reason::kCreditsExhausted},
    {"QuotaUntilItsReset", Call::kTask, kReply, 429,
     R"x({"code":429,"message":"QuotaExceeded: weekly quota used up, it will reset at 2026-03-08 12:00:00"})x",
     kRefused, false, Reason::kQuotaExceeded},
    {"SafeMode", Call::kTask, kReply, 429, R"x({"code":429,"message":"SetLimitExceeded"})x", kRefused, false,
     Reason::kCreditsExhausted},
    {"SpecifiedAssetNotFound", Call::kTask, kReply, 400,
     R"x({"code":400,"message":"InvalidParameter: The specified asset asset-1 is not found"})x", kRefused, false,
     Reason::kAssetNotReady},
    {"AssetNotActive", Call::kTask, kReply, 400, R"x({"code":400,"message":"asset asset-1 is not active"})x", kRefused,
     false, Reason::kAssetNotReady},
    {"AssetGone", Call::kTask, kReply, 404, R"x({"code":404,"message":"asset asset-1 not found"})x", kRefused, false,
     Reason::kAssetNotReady},
    {"LibraryFull", Call::kAsset, kReply, 400, R"x({"error":"managed asset limit reached (200)"})x", kRefused, false,
     Reason::kAssetLibraryFull},
    {"LibraryFull429", Call::kAsset, kReply, 429, R"x({"code":429,"message":"asset quota exceeded for your plan"})x",
     kRefused, false, Reason::kAssetLibraryFull},
    {"LibraryFull403", Call::kAsset, kReply, 403, R"x({"message":"quota exceeded"})x", kRefused, false,
     Reason::kAssetLibraryFull},
    {"ItemOfABatchRefused", Call::kAsset, kReply, 200,
     R"x({"total":1,"success":0,"failed":1,"results":[{"error":"url not reachable"}]})x", kRefused, false,
     Reason::kUpstreamInvalidInput},
    {"FileTooLarge", Call::kAsset, kReply, 400, R"x({"error":"file size exceeds the limit of 30 MB"})x", kRefused,
     false, Reason::kUpstreamInvalidInput},
    {"Html404", Call::kTask, kReply, 404, "<html>404</html>", kRefused, false, Reason::kUpstreamProtocol},
    {"Html405", Call::kTask, kReply, 405, "", kRefused, false, Reason::kUpstreamProtocol},
};

class PiApiCreateTest : public ::testing::TestWithParam<CreateRow> {};

BilledResult<std::string> Make(Upstream& upstream, Call call) {
  if (call == Call::kAsset) {
    NewAsset asset;
    asset.uri = "https://e.example/a.png";
    return upstream.assets().CreateAsset({}, asset);
  }
  model::TaskRequest task;
  task.prompt = "a fox";
  return upstream.tasks().CreateTask({}, task);
}

TEST_P(PiApiCreateTest, IsAcceptedRefusedOrInDoubt) {
  const CreateRow& row = GetParam();
  base::SimulatedClock clock(kNow);
  auto upstream = PiApiOver(Answer(row.outcome, row.status, row.body), clock);
  const BilledResult<std::string> result = Make(*upstream, row.call);
  EXPECT_EQ(result.acceptance, row.acceptance) << result.status;
  if (row.acceptance == kAccepted) {
    EXPECT_EQ(result.value, row.call == Call::kTask ? "t" : "asset-1");
    return;
  }
  EXPECT_EQ(base::ReasonName(base::GetReason(result.status)), base::ReasonName(row.reason)) << result.status;
  EXPECT_EQ(result.retryable, row.retryable);
  EXPECT_TRUE(result.value.empty());
}

INSTANTIATE_TEST_SUITE_P(Answers, PiApiCreateTest, ::testing::ValuesIn(kCreates),
                         [](const auto& row) { return std::string(row.param.name); });

// ---- How creates are sent ----

TEST(PiApiCreates, AreSentOnceAndOutliveTheirCaller) {
  base::SimulatedClock clock(kNow);
  auto transport = std::make_unique<ScriptedTransport>(
      Answer(kReply, 200, R"x({"code":200,"data":{"task_id":"t","asset_id":"a"}})x"));
  const ScriptedTransport& sent = *transport;
  PiApiOptions options;
  options.submit_timeout = absl::Seconds(77);
  auto upstream = MakePiApi(options, std::move(transport), clock);
  CallOptions call;
  call.deadline = kNow + absl::Seconds(1);
  call.cancel = std::make_shared<base::CancelToken>();
  call.abandon = std::make_shared<base::CancelToken>();
  NewAsset asset;
  asset.uri = "https://e.example/a.png";
  upstream->tasks().CreateTask(call, {});
  upstream->assets().CreateAsset(call, asset);
  ASSERT_EQ(sent.requests().size(), 2u);
  for (const http::HttpRequest& request : sent.requests()) {
    EXPECT_TRUE(request.billed);
    EXPECT_EQ(request.timeout, absl::Seconds(77));
    EXPECT_EQ(request.cancel, call.abandon);
  }
}

// ---- What errors say ----

TEST(PiApiCreates, ErrorsCarryTheVendorsTextWithoutKeysAndSignatures) {
  base::SimulatedClock clock(kNow);
  auto upstream = PiApiOver(
      Answer(
          kReply, 400,
          R"x({"code":400,"message":"bad 0123456789abcdef-key at https://x.example/a?sig=SECRET (request id: 2026ABC)"})x"),
      clock);
  const absl::Status status = Make(*upstream, Call::kTask).status;
  const base::ErrorDetail detail = base::GetErrorDetail(status);
  EXPECT_EQ(detail.metadata.at("upstream_message"), "bad *** at https://x.example/a");
  EXPECT_EQ(detail.metadata.at("upstream_code"), "400");
  EXPECT_EQ(std::string(status.message()), "the vendor refused the request (HTTP 400): bad *** at https://x.example/a");
}

TEST(PiApiCreates, TheIdMayStandInPlaceOfTheTask) {
  const PiApiCreated created = ReadPiApiCreated(R"({"code":200,"message":"success","data":"task-7"})");
  EXPECT_EQ(created.id, "task-7");
  EXPECT_TRUE(created.taken);
  for (const char* body : {R"({"code":200,"message":"ok","data":"ok"})", R"({"code":429,"data":"task-7"})",
                           R"({"data":"task-7"})", R"({"code":200,"data":"two words 7"})"}) {
    EXPECT_EQ(ReadPiApiCreated(body).id, "") << body;
  }
}

TEST(PiApiCreates, AnIdThatCannotBeUsedLeavesTheCreateInDoubt) {
  base::SimulatedClock clock(kNow);
  for (const char* body : {R"x({"code":200,"data":{"task_id":"a\nb","status":"pending"}})x",
                           R"x({"code":200,"data":{"task_id":"..","status":"pending"}})x",
                           R"x({"code":200,"data":{"task_id":"a/../b","status":"pending"}})x",
                           R"x({"code":500,"data":{"task_id":"a b","status":"pending"}})x"}) {
    const BilledResult<std::string> result = Make(*PiApiOver(Answer(kReply, 200, body), clock), Call::kTask);
    EXPECT_EQ(result.acceptance, Acceptance::kUnknown) << body;
    EXPECT_EQ(base::GetReason(result.status), Reason::kOutcomeUnknown) << body;
  }
  const http::HttpReply asset = Answer(kReply, 200, R"x({"asset_id":"a/b","status":"Processing"})x");
  EXPECT_EQ(Make(*PiApiOver(asset, clock), Call::kAsset).acceptance, Acceptance::kUnknown);
}

TEST(PiApiCreates, ThePlansLimitIsOneOfTasks) {
  base::SimulatedClock clock(kNow);
  const auto scope = [&](const char* body) {
    return OutcomeOf(Make(*PiApiOver(Answer(kReply, 429, body), clock), Call::kTask)).scope;
  };
  EXPECT_EQ(scope(R"x({"code":429,"message":"active task count 2 has reached the plan limit"})x"), LimitScope::kTasks);
  EXPECT_EQ(scope(R"x({"code":429,"message":"too many requests"})x"), LimitScope::kRequest);
}

}  // namespace
}  // namespace seedance::upstream
