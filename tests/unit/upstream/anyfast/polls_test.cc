// What AnyFast's answers to polls mean, good, bad and ugly: the state of a task or the reason of an error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "service/base/error.h"
#include "service/upstream/anyfast/anyfast.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::TaskState;

const absl::Time kNow = absl::FromUnixSeconds(1780000500);

std::unique_ptr<Upstream> AnyFastOver(const http::HttpReply& reply, base::Clock& clock) {
  AnyFastOptions options;
  options.api_key = base::Secret("sk-test-key-0123456789");
  return MakeAnyFast(options, std::make_unique<ScriptedTransport>(reply), clock);
}

struct PollRow {
  const char* name;
  http::HttpOutcome outcome;
  int status;
  const char* body;
  // kUnspecified: no report, an error with `reason`.
  TaskState state;
  Reason reason;
  int progress = -1;  // -1: none.
};

constexpr http::HttpOutcome kReply = http::HttpOutcome::kReply;
constexpr TaskState kNoReport = TaskState::kUnspecified;
constexpr Reason kNone = Reason::kUnspecified;

const PollRow kPolls[] = {
    // ---- Going on ----
    {"NotStarted", kReply, 200,
     R"({"code":"success","message":"","data":{"task_id":"t","status":"NOT_START","progress":"0%"}})",
     TaskState::kQueued, kNone, 0},
    {"Submitted", kReply, 200, R"({"code":"success","data":{"status":"SUBMITTED","progress":"10%"}})",
     TaskState::kQueued, kNone, 10},
    {"Queued", kReply, 200,
     R"({"code":"success","data":{"status":"QUEUED","progress":"10%","data":{"id":"cgt-1","status":"queued"}}})",
     TaskState::kQueued, kNone, 10},
    {"Running", kReply, 200,
     R"({"code":"success","data":{"status":"IN_PROGRESS","progress":"50%","data":{"status":"running"}}})",
     TaskState::kRunning, kNone, 50},
    {"ProgressAsNumber", kReply, 200, R"({"code":"success","data":{"status":"IN_PROGRESS","progress":73}})",
     TaskState::kRunning, kNone, 73},
    {"ProgressOutOfRange", kReply, 200, R"({"code":"success","data":{"status":"IN_PROGRESS","progress":"900%"}})",
     TaskState::kRunning, kNone, 100},
    {"ProgressIsNonsense", kReply, 200, R"({"code":"success","data":{"status":"IN_PROGRESS","progress":{"a":1}}})",
     TaskState::kRunning, kNone},
    {"RunningAtHundredPercent", kReply, 200, R"({"code":"success","data":{"status":"IN_PROGRESS","progress":"100%"}})",
     TaskState::kRunning, kNone, 100},
    {"UnknownWord", kReply, 200, R"({"code":"success","data":{"status":"POST_PROCESSING","progress":"80%"}})",
     TaskState::kRunning, kNone, 80},
    {"WordUnknownOfNewApi", kReply, 200, R"({"code":"success","data":{"status":"UNKNOWN"}})", TaskState::kRunning,
     kNone},
    {"UnknownWordWithLink", kReply, 200,
     R"({"code":"success","data":{"status":"UPSCALING","result_url":"https://r.example/v.mp4"}})", TaskState::kRunning,
     kNone},
    {"StatusIsNumber", kReply, 200, R"({"code":"success","data":{"status":3,"task_id":"t"}})", TaskState::kRunning,
     kNone},
    {"OriginDoneButStillScalingUp", kReply, 200,
     R"({"code":"success","data":{"status":"IN_PROGRESS","data":{"status":"succeeded","content":{"video_url":"https://r.example/small.mp4"}}}})",
     TaskState::kRunning, kNone},
    {"SuccessWithoutLink", kReply, 200, R"({"code":"success","data":{"status":"SUCCESS","progress":"100%"}})",
     TaskState::kRunning, kNone, 100},
    {"SuccessWithEmptyLink", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","result_url":"","fail_reason":"","data":{"status":"succeeded"}}})",
     TaskState::kRunning, kNone},
    {"InnerDataIsCreateReply", kReply, 200, R"({"code":"success","data":{"status":"NOT_START","data":{"id":"cgt-1"}}})",
     TaskState::kQueued, kNone},
    {"InnerDataIsNull", kReply, 200, R"({"code":"success","data":{"status":"QUEUED","data":null}})", TaskState::kQueued,
     kNone},
    {"OpenAiQueued", kReply, 200, R"({"id":"t","object":"video","status":"queued","progress":0})", TaskState::kQueued,
     kNone, 0},
    {"OpenAiRunning", kReply, 200, R"({"id":"t","object":"video","status":"in_progress","progress":40})",
     TaskState::kRunning, kNone, 40},

    // ---- Success ----
    {"Success", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","progress":"100%","result_url":"https://r.example/v.mp4","fail_reason":""}})",
     TaskState::kSucceeded, kNone, 100},
    {"SuccessWithLinkInFailReason", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","progress":"100%","fail_reason":"https://r.example/v.mp4"}})",
     TaskState::kSucceeded, kNone, 100},
    {"SuccessWithLinkInside", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","data":{"status":"succeeded","content":{"video_url":"https://r.example/v.mp4"}}}})",
     TaskState::kSucceeded, kNone},
    {"SuccessWithInnerDataAsText", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","data":"{\"content\":{\"video_url\":\"https://r.example/v.mp4\"}}"}})",
     TaskState::kSucceeded, kNone},
    {"SuccessAtZeroPercent", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","progress":"0%","result_url":"https://r.example/v.mp4"}})",
     TaskState::kSucceeded, kNone, 0},
    {"SuccessInLowerCase", kReply, 200,
     R"({"code":"success","data":{"status":"success","result_url":"https://r.example/v.mp4"}})", TaskState::kSucceeded,
     kNone},
    {"OpenAiCompleted", kReply, 200,
     R"({"id":"t","object":"video","status":"completed","metadata":{"url":"https://r.example/v.mp4"}})",
     TaskState::kSucceeded, kNone},
    {"ArkSucceeded", kReply, 200,
     R"({"id":"cgt-1","status":"succeeded","content":{"video_url":"https://r.example/v.mp4"}})", TaskState::kSucceeded,
     kNone},

    // ---- Failure ----
    {"OutputModerationByCode", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","progress":"100%","fail_reason":"The request failed because the output video may contain sensitive information.","data":{"status":"failed","error":{"code":"OutputVideoSensitiveContentDetected","message":"blocked"}}}})",
     TaskState::kFailed, Reason::kOutputModeration, 100},
    {"OutputModerationByText", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","progress":"100%","fail_reason":"The request failed because the output video may contain sensitive information."}})",
     TaskState::kFailed, Reason::kOutputModeration, 100},
    {"OutputCopyrightByText", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","fail_reason":"The output video may be related to copyright restrictions."}})",
     TaskState::kFailed, Reason::kOutputModeration},
    {"InputModerationByCode", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","fail_reason":"failed","data":{"error":{"code":"InputImageSensitiveContentDetected.PrivacyInformation","message":"m"}}}})",
     TaskState::kFailed, Reason::kInputModeration},
    {"InputModerationByText", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","fail_reason":"The request failed because the input text may contain sensitive information."}})",
     TaskState::kFailed, Reason::kInputModeration},
    {"FailReasonIsBody", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","fail_reason":"{\"error\":{\"code\":\"InputVideoSensitiveContentDetected\",\"message\":\"m\"}}"}})",
     TaskState::kFailed, Reason::kInputModeration},
    {"FailedWithInvalidParameter", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"InvalidParameter.PixelCountTooSmall","message":"too small"}}}})",
     TaskState::kFailed, Reason::kUpstreamInvalidInput},
    {"FailedPlainly", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","progress":"100%","fail_reason":"upstream returned error"}})",
     TaskState::kFailed, Reason::kUpstreamFailed, 100},
    {"FailedByVendorsSweep", kReply, 200, R"({"code":"success","data":{"status":"FAILURE","fail_reason":"任务超时"}})",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"FailedWithoutWords", kReply, 200, R"({"code":"success","data":{"status":"FAILURE"}})", TaskState::kFailed,
     Reason::kUpstreamFailed},
    {"FailureWithLink", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","result_url":"https://r.example/v.mp4","fail_reason":"upstream error"}})",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"SuccessWordWithError", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","progress":"100%","fail_reason":"blocked: sensitive content"}})",
     TaskState::kFailed, Reason::kOutputModeration, 100},
    {"SuccessWordWithInnerError", kReply, 200,
     R"({"code":"success","data":{"status":"SUCCESS","progress":"100%","data":{"status":"failed","error":{"code":"OutputVideoSensitiveContentDetected","message":"x"}}}})",
     TaskState::kFailed, Reason::kOutputModeration, 100},
    {"InnerFailedWhileRunning", kReply, 200,
     R"({"code":"success","data":{"status":"IN_PROGRESS","data":{"status":"failed","error":{"code":"InternalServiceError","message":"m"}}}})",
     TaskState::kFailed, Reason::kUpstreamFailed},
    {"InnerExpiredHidden", kReply, 200,
     R"({"code":"success","data":{"status":"IN_PROGRESS","progress":"30%","data":{"status":"expired"}}})",
     TaskState::kExpired, Reason::kDeadlineExceeded, 30},
    {"InnerCancelledHidden", kReply, 200,
     R"({"code":"success","data":{"status":"IN_PROGRESS","progress":"30%","data":{"status":"cancelled"}}})",
     TaskState::kCancelled, Reason::kCancelled, 30},
    {"PlainExpired", kReply, 200, R"({"id":"cgt-1","status":"expired"})", TaskState::kExpired,
     Reason::kDeadlineExceeded},
    {"PlainCancelled", kReply, 200, R"({"id":"cgt-1","status":"cancelled"})", TaskState::kCancelled,
     Reason::kCancelled},
    {"OpenAiFailed", kReply, 200,
     R"({"id":"t","object":"video","status":"failed","error":{"code":"OutputVideoSensitiveContentDetected","message":"m"}})",
     TaskState::kFailed, Reason::kOutputModeration},

    {"BrokenWordOfTheOrigin", kReply, 200,
     R"({"code":"success","data":{"task_id":"t","data":{"status":"fai\ud83dled","content":{"video_url":"https://r.example/v.mp4"}}}})",
     TaskState::kRunning, kNone},
    {"OutputRiskByCode", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"OutputTextRiskDetection","message":"m"}}}})",
     TaskState::kFailed, Reason::kOutputModeration},
    {"OutputImageRiskByCode", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"OutputImageRiskDetection","message":"m"}}}})",
     TaskState::kFailed, Reason::kOutputModeration},
    {"InputRiskByCode", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"InputTextRiskDetection","message":"the output was not made"}}}})",
     TaskState::kFailed, Reason::kInputModeration},
    {"SecurityDetection", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"ContentSecurityDetectionError","message":"m"}}}})",
     TaskState::kFailed, Reason::kOutputModeration},
    {"DeepFakeOfTheOutput", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"OutputVideoDeepFake","message":"m"}}}})",
     TaskState::kFailed, Reason::kOutputModeration},
    {"DeepFakeOfTheInput", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"InputImageDeepFake","message":"m"}}}})",
     TaskState::kFailed, Reason::kInputModeration},
    {"QuotaUsedUpMeanwhile", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"QuotaExceeded","message":"m"}}}})",
     TaskState::kFailed, Reason::kQuotaExceeded},
    {"AssetGoneMeanwhile", kReply, 200,
     R"({"code":"success","data":{"status":"FAILURE","data":{"error":{"code":"InvalidParameter","message":"The specified asset asset-1 is not found"}}}})",
     TaskState::kFailed, Reason::kAssetNotReady},
    {"BrokenCharacterInAFailure", kReply, 200,
     R"({"code":"success","data":{"task_id":"t","status":"FAILURE","progress":"100%","fail_reason":"The input text may contain sensitive information \ud83d","data":{}}})",
     TaskState::kFailed, Reason::kInputModeration, 100},
    {"BrokenBytesInASuccess", kReply, 200,
     "{\"code\":\"success\",\"data\":{\"status\":\"SUCCESS\",\"result_url\":\"https://r.example/v.mp4\","
     "\"properties\":{\"input\":\"\xe5\x9b\"}}}",
     TaskState::kSucceeded, kNone},

    // ---- No report: a transient error never ends a task ----
    {"UnknownTask404", kReply, 404, R"({"code":"task_not_exist","message":"task_not_exist","data":null})", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownTask400", kReply, 400, R"({"code":"task_not_exist","message":"task_not_exist","data":null})", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownTask200", kReply, 200, R"({"code":"task_not_exist","message":"task_not_exist","data":null})", kNoReport,
     Reason::kResourceNotFound},
    {"UnknownRoute404", kReply, 404,
     R"x({"error":{"message":"Invalid URL (GET /v1/video/generations/t)","type":"invalid_request_error","code":""}})x",
     kNoReport, Reason::kUpstreamProtocol},
    {"ProxyRoute404", kReply, 404, R"({"message":"no Route matched with those values"})", kNoReport,
     Reason::kUpstreamProtocol},
    {"PageNotFound404", kReply, 404, R"({"code":404,"message":"404 page not found"})", kNoReport,
     Reason::kUpstreamProtocol},
    {"Empty404", kReply, 404, "", kNoReport, Reason::kUpstreamProtocol},
    {"AnotherTask", kReply, 200,
     R"({"code":"success","data":{"task_id":"t2","status":"SUCCESS","result_url":"https://r.example/v.mp4"}})",
     kNoReport, Reason::kUpstreamProtocol},
    {"AnotherBareTask", kReply, 200, R"({"id":"t2","object":"video","status":"failed"})", kNoReport,
     Reason::kUpstreamProtocol},
    {"ErrorCodeWith200", kReply, 200, R"({"code":"get_task_failed","message":"db is down","data":null})", kNoReport,
     Reason::kUpstreamProtocol},
    {"SuccessWithoutData", kReply, 200, R"({"code":"success","message":"","data":null})", kNoReport,
     Reason::kUpstreamProtocol},
    {"TruncatedJson", kReply, 200, R"({"code":"success","data":{"status":"SUCC)", kNoReport, Reason::kUpstreamProtocol},
    {"JsonArray", kReply, 200, "[1,2,3]", kNoReport, Reason::kUpstreamProtocol},
    {"InvalidUtf8", kReply, 200, "{\"code\":\"success\",\"data\":{\"status\":\"\xff\xfe\"}}", kNoReport,
     Reason::kUpstreamProtocol},
};

class PollTest : public ::testing::TestWithParam<PollRow> {};

TEST_P(PollTest, MeansWhatTheTableSays) {
  const PollRow& row = GetParam();
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(Answer(row.outcome, row.status, row.body), clock);
  const absl::StatusOr<TaskReport> report = upstream->tasks().GetTask({}, "t");
  if (row.state == kNoReport) {
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(base::ReasonName(base::GetReason(report.status())), base::ReasonName(row.reason)) << report.status();
    EXPECT_EQ(report.status().code(), base::ReasonCode(row.reason));
    return;
  }
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(model::TaskStateName(report->state), model::TaskStateName(row.state));
  EXPECT_EQ(base::ReasonName(report->error.reason), base::ReasonName(row.reason));
  EXPECT_EQ(report->progress_percent.value_or(-1), row.progress);
  EXPECT_EQ(!report->result.video_uri.empty(), row.state == TaskState::kSucceeded);
}

INSTANTIATE_TEST_SUITE_P(Answers, PollTest, ::testing::ValuesIn(kPolls),
                         [](const auto& row) { return std::string(row.param.name); });

// ---- What a success says ----

TEST(AnyFastResults, LinkTimesUsageAndLastFrame) {
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(
      Answer(
          kReply, 200,
          R"({"code":"success","data":{"status":"SUCCESS","submit_time":1780000000,"start_time":1780000004,"finish_time":1780000090,)"
          R"("result_url":"https://r.example/v.mp4?X-Tos-Date=20260601T101500Z&X-Tos-Expires=3600","data":{"status":"succeeded",)"
          R"("content":{"video_url":"https://r.example/w.mp4","last_frame_url":"https://r.example/f.png"},"usage":{"completion_tokens":108900,"total_tokens":"108901"}}}})"),
      clock);
  const absl::StatusOr<TaskReport> report = upstream->tasks().GetTask({}, "t");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->start_time, absl::FromUnixSeconds(1780000004));
  EXPECT_EQ(report->end_time, absl::FromUnixSeconds(1780000090));
  EXPECT_EQ(report->result.video_uri, "https://r.example/v.mp4?X-Tos-Date=20260601T101500Z&X-Tos-Expires=3600");
  EXPECT_EQ(report->result.last_frame_uri, "https://r.example/f.png");
  EXPECT_EQ(report->result.completion_tokens, 108900);
  EXPECT_EQ(report->result.total_tokens, 108901);
  EXPECT_EQ(absl::FormatTime(report->result.expire_time, absl::UTCTimeZone()), "2026-06-01T11:15:00+00:00");
}

TEST(AnyFastResults, LinkWithoutATimeLivesTwelveHoursFromTheEnd) {
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(
      Answer(
          kReply, 200,
          R"({"code":"success","data":{"status":"SUCCESS","finish_time":1780000090,"result_url":"https://r.example/v.mp4"}})"),
      clock);
  EXPECT_EQ(upstream->tasks().GetTask({}, "t")->result.expire_time,
            absl::FromUnixSeconds(1780000090) + absl::Hours(12));
}

TEST(AnyFastResults, FailureKeepsTheVendorsCodeAndText) {
  base::SimulatedClock clock(kNow);
  auto upstream = AnyFastOver(
      Answer(
          kReply, 200,
          R"({"code":"success","data":{"status":"FAILURE","fail_reason":"The output video may contain sensitive information. Request id: 021777","data":{"error":{"code":"OutputVideoSensitiveContentDetected","message":"blocked"}}}})"),
      clock);
  const model::Failure error = upstream->tasks().GetTask({}, "t")->error;
  EXPECT_EQ(error.upstream_code, "OutputVideoSensitiveContentDetected");
  EXPECT_EQ(error.message, "The output video may contain sensitive information.");
}

}  // namespace
}  // namespace seedance::upstream
