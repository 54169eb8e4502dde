// What PiAPI's answers to polls mean, good, bad and ugly: the state of a task or the reason of an error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/upstream/piapi/piapi.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::TaskState;

const absl::Time kNow = absl::FromUnixSeconds(1780000500);

std::unique_ptr<Upstream> PiApiOver(const http::HttpReply& reply, base::Clock& clock) {
  PiApiOptions options;
  options.api_key = base::Secret("0123456789abcdef-key");
  return MakePiApi(options, std::make_unique<ScriptedTransport>(reply), clock);
}

struct PollRow {
  const char* name;
  http::HttpOutcome outcome;
  int status;
  const char* body;
  // kUnspecified: no report, an error with `reason`.
  TaskState state;
  Reason reason;
};

constexpr http::HttpOutcome kReply = http::HttpOutcome::kReply;
constexpr TaskState kNoReport = TaskState::kUnspecified;
constexpr Reason kNone = Reason::kUnspecified;

const PollRow kPolls[] = {
    // ---- Going on ----
    {"Pending", kReply, 200,
     R"x({"code":200,"message":"success","data":{"task_id":"t","status":"pending","output":null,"logs":[],"error":{"code":0,"raw_message":"","message":"","detail":null}}})x",
     TaskState::kQueued, kNone},
    {"PendingCapitalised", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"Pending"}})x",
     TaskState::kQueued, kNone},
    {"Staged", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"Staged"}})x", TaskState::kQueued, kNone},
    {"Processing", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"processing","logs":["mode auto-detected: first_last_frames (images=1, videos=0, audios=0)","audio: enabled=true"]}})x",
     TaskState::kRunning, kNone},
    {"ProcessingInCapitals", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"PROCESSING"}})x",
     TaskState::kRunning, kNone},
    {"ProcessingAfterAnAttemptFailed", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"processing","logs":["Attempt 1 failed (content restriction), retrying."],"error":{"code":10003,"message":"content policy"}}})x",
     TaskState::kRunning, kNone},
    {"UnknownWord", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"Upscaling"}})x", TaskState::kRunning,
     kNone},
    {"UnknownWordWithLink", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"Upscaling","output":{"video":"https://img.example/v.mp4"}}})x",
     TaskState::kRunning, kNone},
    {"StatusIsNumber", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":3}})x", TaskState::kRunning, kNone},
    {"CompletedWithoutLink", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"completed","output":null}})x",
     TaskState::kRunning, kNone},
    {"CompletedWithEmptyLink", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"video":""},"error":{"code":0,"message":""}}})x",
     TaskState::kRunning, kNone},
    {"CodeAsText", kReply, 200, R"x({"code":"200","data":{"task_id":"t","status":"pending"}})x", TaskState::kQueued,
     kNone},
    {"NoEnvelope", kReply, 200, R"x({"task_id":"t","status":"pending"})x", TaskState::kQueued, kNone},

    // ---- Success ----
    {"Completed", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4"}}})x",
     TaskState::kSucceeded, kNone},
    {"CompletedCapitalised", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"Completed","output":{"video":"https://img.example/v.mp4"}}})x",
     TaskState::kSucceeded, kNone},
    {"VideoUrl", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"video_url":"https://img.example/v.mp4"}}})x",
     TaskState::kSucceeded, kNone},
    {"VideoObject", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"video":{"url":"https://img.example/v.mp4"}}}})x",
     TaskState::kSucceeded, kNone},
    {"VideoList", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"videos":[{"url":"https://img.example/v.mp4"}]}}})x",
     TaskState::kSucceeded, kNone},
    {"OutputIsLink", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":"https://img.example/v.mp4"}})x",
     TaskState::kSucceeded, kNone},
    {"OutputIsList", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":["https://img.example/v.mp4"]}})x",
     TaskState::kSucceeded, kNone},
    {"CompletedAfterAnAttemptFailed", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4"},"logs":["Attempt 1 failed (content restriction), retrying."]}})x",
     TaskState::kSucceeded, kNone},

    // ---- Failure ----
    {"OutputModeration", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","output":null,"logs":["audio: enabled=true","Attempt 1 failed (content restriction), retrying.","restored frozen points"],"error":{"code":10003,"raw_message":"","message":"content policy","detail":null}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"OutputModerationInRawMessage", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"Failed","error":{"code":10003,"message":"","raw_message":"Your content violated community guidelines."}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"InputModerationByText", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10003,"message":"The input prompt violates the community guidelines"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"InputModerationByLog", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["reference image 1 rejected: sensitive"],"error":{"code":10003,"message":"content violation"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"ModeNoiseIsNoInput", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["mode auto-detected: omni_reference (images=1)"],"error":{
    "code" : 10003, "message" : "content violation"
  }
}
})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"RealPersonOnlyInLogs", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["auto_upload_assets: converted 4 url(s) to ephemeral asset://","The request failed because the input image may contain real person","restored frozen points"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"RealPersonInLogObject", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":[{"level":"error","message":"Real person detected, rejected"}],"error":{"code":10000,"message":""}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"PrivacyCodeInLogs", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["failed: InputImageSensitiveContentDetected.PrivacyInformation"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"OutputCodeInLogs", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["failed: OutputVideoSensitiveContentDetected"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"InternalError", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["restored frozen points"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"InternalErrorAfterARetry", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["Attempt 1 failed (content restriction), retrying.","timed out"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"FailedWithoutAnyWord", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"failed"}})x",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"FailedWithErrorAsText", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":"content restriction"}})x", TaskState::kFailed,
     Reason::kOutputModeration},
    {"FailedForCredits", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"insufficient credits"}}})x",
     TaskState::kFailed, Reason::kCreditsExhausted},
    {"FailedForTheCap", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["ephemeral asset hard cap reached"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kQuotaExceeded},
    {"FailedForAUrl", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["auto_upload_assets failed: InvalidParameter.URL"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kUpstreamInvalidInput},
    {"FailedForAnAsset", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"asset asset-1 is not active"}}})x",
     TaskState::kFailed, Reason::kAssetNotReady},
    {"CompletedWithError", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"completed","output":{},"error":{"code":10003,"message":"content policy"}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"FailedWithAnotherCode", kReply, 200,
     R"x({"code":500,"message":"failed","data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"OutputRiskInLogs", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","logs":["failed: OutputImageRiskDetection"],"error":{"code":10000,"message":"internal error"}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"InputRisk", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":"InputTextRiskDetection","message":"m"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"SecurityDetection", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":"ContentSecurityDetectionError","message":"m"}}})x",
     TaskState::kFailed, Reason::kOutputModeration},
    {"DeepFakeOfTheInput", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"InputImageDeepFake"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"AssetGone", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10000,"message":"InvalidParameter: The specified asset asset-1 is not found"}}})x",
     TaskState::kFailed, Reason::kAssetNotReady},
    {"BrokenCharacter", kReply, 200,
     R"x({"code":200,"data":{"task_id":"t","status":"failed","error":{"code":10003,"message":"The input prompt \ud83d"}}})x",
     TaskState::kFailed, Reason::kInputModeration},
    {"Cancelled", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"Cancelled"}})x", TaskState::kCancelled,
     Reason::kCancelled},
    {"Expired", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"expired"}})x", TaskState::kExpired,
     Reason::kDeadlineExceeded},

    // ---- No report ----
    {"UnknownTask404", kReply, 404, R"x({"code":404,"message":"task not found"})x", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownTask404WithOtherText", kReply, 404, R"x({"code":404,"message":"not here"})x", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownTask400", kReply, 400, R"x({"code":400,"message":"task does not exist"})x", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownTask200", kReply, 200, R"x({"code":404,"message":"task t not found","data":null})x", kNoReport,
     Reason::kResourceNotFound},
    // A vendor in trouble may not know its tasks for a while.
    {"UnknownTask500", kReply, 500, R"x({"code":500,"message":"failed to find task: record not found"})x", kNoReport,
     Reason::kUpstreamUnavailable},
    {"AnotherTask", kReply, 200, R"x({"code":200,"data":{"task_id":"t2","status":"failed"}})x", kNoReport,
     Reason::kUpstreamProtocol},
    {"NoRoute404", kReply, 404, R"x({"message":"no Route matched with those values"})x", kNoReport,
     Reason::kUpstreamProtocol},
    {"BlockPage", kReply, 403, "<!DOCTYPE html><title>Access denied | api.piapi.ai</title> error code 1010", kNoReport,
     Reason::kUpstreamUnavailable},
    {"BlockText", kReply, 403, "error code: 1010", kNoReport, Reason::kUpstreamUnavailable},
    {"BlockJson", kReply, 403,
     R"x({"title":"Error 1010","detail":"Access denied","status":403,"error_code":1010,"cloudflare_error":true,"ray_id":"1"})x",
     kNoReport, Reason::kUpstreamUnavailable},
    {"EmptyTask", kReply, 200, R"x({"code":200,"message":"success","data":{}})x", kNoReport, Reason::kUpstreamProtocol},
    {"NullTask", kReply, 200, R"x({"code":200,"message":"success","data":null})x", kNoReport,
     Reason::kUpstreamProtocol},
    {"CutJson", kReply, 200, R"x({"code":200,"data":{"task_id":"t","status":"comp)x", kNoReport,
     Reason::kUpstreamProtocol},
    {"InvalidUtf8", kReply, 200, "{\"code\":200,\"data\":{\"status\":\"\xff\xfe\"}}", kNoReport,
     Reason::kUpstreamProtocol},
    {"CodeOfAnInternalError", kReply, 200, R"x({"code":10000,"message":"internal error","data":null})x", kNoReport,
     Reason::kUpstreamUnavailable},
    {"ErrorWithAnEmptyTask", kReply, 200,
     R"x({"code":500,"message":"busy","data":{"task_id":"","status":"","error":{"code":0,"message":""}}})x", kNoReport,
     Reason::kUpstreamUnavailable},
    {"ErrorWithATaskOfNoWord", kReply, 200, R"x({"code":500,"message":"busy","data":{"task_id":"t","status":"?"}})x",
     kNoReport, Reason::kUpstreamUnavailable},
    {"TooManyWith200", kReply, 200, R"x({"code":429,"message":"too many requests"})x", kNoReport, Reason::kRateLimited},
    {"BadKeyWith200", kReply, 200, R"x({"code":401,"message":"Invalid API key"})x", kNoReport,
     Reason::kUpstreamAuthFailed},
    {"BadKey403", kReply, 403, R"x({"code":403,"message":"forbidden"})x", kNoReport, Reason::kUpstreamAuthFailed},
};

class PiApiPollTest : public ::testing::TestWithParam<PollRow> {};

TEST_P(PiApiPollTest, MeansWhatTheTableSays) {
  const PollRow& row = GetParam();
  base::SimulatedClock clock(kNow);
  auto upstream = PiApiOver(Answer(row.outcome, row.status, row.body), clock);
  const absl::StatusOr<TaskReport> report = upstream->tasks().GetTask({}, "t");
  if (row.state == kNoReport) {
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(base::ReasonName(base::GetReason(report.status())), base::ReasonName(row.reason)) << report.status();
    EXPECT_EQ(report.status().code(), base::ReasonCode(row.reason));
    return;
  }
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(model::TaskStateName(report->state), model::TaskStateName(row.state));
  EXPECT_EQ(base::ReasonName(report->error.reason), base::ReasonName(row.reason)) << report->error.message;
  EXPECT_EQ(report->progress_percent, std::nullopt);
  EXPECT_EQ(report->result.video_uri, row.state == TaskState::kSucceeded ? "https://img.example/v.mp4" : "");
}

INSTANTIATE_TEST_SUITE_P(Answers, PiApiPollTest, ::testing::ValuesIn(kPolls),
                         [](const auto& row) { return std::string(row.param.name); });

// ---- What a report says ----

absl::StatusOr<TaskReport> Poll(const std::string& data) {
  base::SimulatedClock clock(kNow);
  return PiApiOver(Answer(kReply, 200, R"x({"code":200,"message":"success","data":)x" + data + "}"), clock)
      ->tasks()
      .GetTask({}, "t");
}

TEST(PiApiReports, TimesOfZeroAreNone) {
  const auto pending = Poll(
      R"x({"task_id":"t","status":"pending","meta":{"created_at":"2026-07-02T08:20:00.1Z","started_at":"0001-01-01T00:00:00Z","ended_at":"0001-01-01T00:00:00Z"}})x");
  ASSERT_TRUE(pending.ok());
  EXPECT_EQ(pending->start_time, std::nullopt);
  EXPECT_EQ(pending->end_time, std::nullopt);
  const auto failed = Poll(
      R"x({"task_id":"t","status":"failed","meta":{"started_at":"2026-07-02T08:20:03Z","ended_at":"2026-07-02T08:20:17Z"}})x");
  EXPECT_EQ(failed->start_time, absl::FromUnixSeconds(1782980403));
  EXPECT_EQ(failed->end_time, absl::FromUnixSeconds(1782980417));
}

TEST(PiApiReports, PointsAreNoTokens) {
  const auto report = Poll(
      R"x({"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4"},"meta":{"usage":{"type":"llm","frozen":0,"consume":7500000}}})x");
  EXPECT_EQ(report->result.completion_tokens, std::nullopt);
  EXPECT_EQ(report->result.total_tokens, std::nullopt);
}

TEST(PiApiReports, LinkLivesAsLongAsItSaysOrTwelveHoursFromTheEnd) {
  EXPECT_EQ(
      Poll(
          R"x({"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4?Expires=1780009999"}})x")
          ->result.expire_time,
      absl::FromUnixSeconds(1780009999));
  EXPECT_EQ(
      Poll(
          R"x({"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4"},"meta":{"ended_at":"2026-07-02T08:20:17Z"}})x")
          ->result.expire_time,
      absl::FromUnixSeconds(1782980417) + absl::Hours(12));
  EXPECT_EQ(Poll(R"x({"task_id":"t","status":"completed","output":{"video":"https://img.example/v.mp4"}})x")
                ->result.expire_time,
            kNow + absl::Hours(12));
}

TEST(PiApiReports, FailureTellsTheCauseFromTheLogWithoutItsNoise) {
  const auto report = Poll(
      R"x({"task_id":"t","status":"failed","logs":["mode auto-detected: omni_reference (images=1, videos=0, audios=0)","audio: enabled=true",)x"
      R"x("Attempt 1 failed (content restriction), retrying.","webhook https://gw.example/webhooks/piapi/0123 failed: 500","restored frozen points"],)x"
      R"x("error":{"code":10003,"raw_message":"content policy","message":"content policy","detail":null}})x");
  EXPECT_EQ(report->error.upstream_code, "10003");
  EXPECT_EQ(report->error.message, "content policy; log: Attempt 1 failed (content restriction), retrying.");
}

TEST(PiApiReports, FailureKeepsNoKeysAndNoSignatures) {
  const auto report = Poll(
      R"x({"task_id":"t","status":"failed","logs":["failed to fetch https://e.example/a.png?X-Sig=SECRET with 0123456789abcdef-key (request id: 0217abc)"],"error":{"code":10000,"message":""}})x");
  EXPECT_EQ(report->error.message, "log: failed to fetch https://e.example/a.png with ***");
}

TEST(PiApiReports, LongLogsAreBounded) {
  std::string logs;
  for (int i = 0; i < 5000; ++i) {
    absl::StrAppend(&logs, i == 0 ? "" : ",", "\"", i, " error ", std::string(400, 'x'), "\"");
  }
  const auto report =
      Poll(R"x({"task_id":"t","status":"failed","logs":[)x" + logs + R"x(],"error":{"code":10000,"message":"m"}})x");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_LE(report->error.message.size(), 512u);
  EXPECT_THAT(report->error.message, ::testing::HasSubstr("4994 error"));
}

}  // namespace
}  // namespace seedance::upstream
