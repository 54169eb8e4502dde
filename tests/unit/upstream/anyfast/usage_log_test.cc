// AnyFast's log of what a key was billed.
#include "service/upstream/anyfast/usage_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/upstream/anyfast/anyfast.h"
#include "service/upstream/anyfast/profiles.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

constexpr char kLog[] = R"json({"success":true,"message":"","data":[
  {"id":1,"created_at":1800000010,"type":2,"model_name":"seedance","quota":250000,
   "other":"{\"is_task\":true,\"request_path\":\"/v1/video/generations\",\"task_id\":\"task_b\"}"},
  {"id":2,"created_at":1800000020,"type":6,"model_name":"seedance","quota":250000,
   "other":"{\"task_id\":\"task_a\",\"reason\":\"failed\"}"},
  {"id":3,"created_at":1800000005,"type":5,"model_name":"seedance","quota":0,"other":"{broken"},
  {"id":4,"created_at":1800000004,"type":2,"model_name":"volc-asset","quota":500,
   "other":{"request_path":"/volc/asset/CreateAsset"}},
  {"id":5,"created_at":1800000030,"type":2,"model_name":"seedance","quota":50000,
   "other":"{\"task_id\":\"task_a\",\"pre_consumed_quota\":250000,\"actual_quota\":300000}"},
  {"id":6,"type":2,"quota":-5,"other":"{\"task_id\":\"../a\"}"}
]})json";

TEST(AnyFastUsageLog, RowsAreReadNewestFirst) {
  const std::optional<UsageLog> log = ReadUsageLog(kLog);
  ASSERT_TRUE(log.has_value());
  EXPECT_EQ(log->reaches_back_to, absl::FromUnixSeconds(1800000004)) << "its oldest row";
  ASSERT_EQ(log->rows.size(), 6u);
  EXPECT_EQ(log->rows[0].task_id, "task_a");
  EXPECT_EQ(log->rows[0].actual_quota, 300000);
  EXPECT_EQ(log->rows[1].kind, UsageRow::Kind::kRefund);
  const UsageRow& task = log->rows[2];
  EXPECT_EQ(task.kind, UsageRow::Kind::kConsumption);
  EXPECT_EQ(task.time, absl::FromUnixSeconds(1800000010));
  EXPECT_EQ(task.model, "seedance");
  EXPECT_EQ(task.path, "/v1/video/generations");
  EXPECT_TRUE(task.is_task);
  EXPECT_EQ(task.task_id, "task_b");
  EXPECT_EQ(task.quota, 250000);
  EXPECT_EQ(log->rows[3].kind, UsageRow::Kind::kOther) << "an error is no bill";
  EXPECT_EQ(log->rows[4].path, "/volc/asset/CreateAsset");
  // Without a time it may be of any; an id that cannot be used is none, and no bill is negative.
  EXPECT_EQ(log->rows[5].time, absl::InfinitePast());
  EXPECT_EQ(log->rows[5].task_id, "");
  EXPECT_EQ(log->rows[5].quota, 0);
}

TEST(AnyFastUsageLog, ARowThatCannotBeReadMayBeAnybodys) {
  for (const char* row : {"null", "7", "[]", R"("row")"}) {
    const auto log =
        ReadUsageLog(absl::StrCat(R"({"success":true,"data":[{"type":2,"created_at":1800000010},)", row, "]}"));
    ASSERT_TRUE(log.has_value());
    EXPECT_EQ(log->rows.size(), 2u);
    EXPECT_EQ(log->reaches_back_to, absl::InfiniteFuture()) << row;
  }
}

TEST(AnyFastUsageLog, NoNumberIsTooBigToBeSummedUp) {
  std::string body = R"({"success":true,"data":[)";
  for (int i = 0; i < 20; ++i) {
    body += R"({"type":2,"quota":9223372036854775807,"other":{"task_id":"a"}},)";
  }
  body += R"({"type":2,"quota":1,"other":{"task_id":"b","actual_quota":9223372036854775807}},)"
          R"({"type":2,"quota":-9223372036854775808,"other":{"task_id":"c","actual_quota":-9223372036854775808}}]})";
  const std::optional<UsageLog> log = ReadUsageLog(body);
  ASSERT_TRUE(log.has_value());
  int64_t sum = 0;
  for (const UsageRow& row : log->rows) {
    EXPECT_GE(row.quota, 0);
    EXPECT_GE(row.actual_quota.value_or(0), 0);
    ASSERT_FALSE(__builtin_add_overflow(sum, row.quota, &sum));
    ASSERT_FALSE(__builtin_add_overflow(sum, row.actual_quota.value_or(0), &sum));
  }
  EXPECT_EQ(sum, 21'000'000'000'001);
}

TEST(AnyFastUsageLog, WhatIsNoLogIsNotTakenForAnEmptyOne) {
  for (const char* body : {"", "[]", "<html>", R"({"success":false,"message":"no","data":[]})", R"({"success":true})",
                           R"({"data":[]})", R"({"success":true,"data":{}})"}) {
    EXPECT_FALSE(ReadUsageLog(body).has_value()) << body;
  }
  EXPECT_TRUE(ReadUsageLog(R"({"success":true,"data":null})")->rows.empty());
}

// `count` rows, newest first, one a second; `last` stands behind them.
UsageLog LogOf(int count, const std::string& last) {
  std::string body = R"({"success":true,"data":[)";
  for (int i = 0; i < count; ++i) body += absl::StrCat(R"({"type":2,"created_at":)", 1800001000 - i, "},");
  return *ReadUsageLog(absl::StrCat(body, last, "]}"));
}

TEST(AnyFastUsageLog, ItReachesBackToItsLastRowHoweverFewItHas) {
  EXPECT_EQ(ReadUsageLog(R"({"success":true,"data":[]})")->reaches_back_to, absl::InfiniteFuture());
  EXPECT_EQ(LogOf(10, R"({"type":5,"created_at":1800000900})").reaches_back_to, absl::FromUnixSeconds(1800000900))
      << "it may be the first page";
  EXPECT_EQ(LogOf(99, R"({"type":5,"created_at":1800000900})").reaches_back_to, absl::FromUnixSeconds(1800000900))
      << "forks cut it to a hundred rows";
  EXPECT_EQ(LogOf(99, R"({"type":5})").reaches_back_to, absl::FromUnixSeconds(1800000902))
      << "a row without a time is no reach";
  EXPECT_EQ(LogOf(99, R"({"created_at":1800000962})").reaches_back_to, absl::FromUnixSeconds(1800000902))
      << "servers differ a little";
  EXPECT_EQ(LogOf(99, R"({"created_at":1800000963})").reaches_back_to, absl::InfiniteFuture())
      << "not newest first: older rows may be missing anywhere";
}

class ReadUsageTest : public ::testing::Test {
 protected:
  absl::StatusOr<UsageLog> Read(http::HttpReply reply, bool key_in_query = false) {
    AnyFastOptions options;
    options.api_key = base::Secret("sk-1+2");
    options.profile = AnyFastProfile();
    options.profile.usage_log = true;
    options.usage_log_key_in_query = key_in_query;
    auto transport = std::make_unique<ScriptedTransport>(std::move(reply));
    ScriptedTransport& sent = *transport;
    const auto vendor = MakeAnyFast(options, std::move(transport), base::RealClock());
    absl::StatusOr<UsageLog> log = vendor->usage_log()->ReadUsage({});
    requests_ = sent.requests();
    return log;
  }
  std::vector<http::HttpRequest> requests_;
};

TEST_F(ReadUsageTest, TheKeyIsInTheHeaderAndInTheQueryOnlyWhenToldSo) {
  EXPECT_EQ(Read(Answer(http::HttpOutcome::kReply, 200, kLog))->rows.size(), 6u);
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].method, "GET");
  EXPECT_EQ(requests_[0].url, "https://www.anyfast.ai/api/log/token");
  EXPECT_EQ(requests_[0].headers[0].second, "Bearer sk-1+2");
  ASSERT_TRUE(Read(Answer(http::HttpOutcome::kReply, 200, kLog), true).ok());
  EXPECT_EQ(requests_[0].url, "https://www.anyfast.ai/api/log/token?key=sk-1%2B2");
}

TEST_F(ReadUsageTest, RefusalsAreErrors) {
  EXPECT_FALSE(Read(Answer(http::HttpOutcome::kReply, 200, R"({"success":false,"message":"invalid token"})")).ok());
  EXPECT_FALSE(Read(Answer(http::HttpOutcome::kReply, 401, R"({"success":false,"message":"invalid token"})")).ok());
  EXPECT_FALSE(Read(Answer(http::HttpOutcome::kReply, 404, "not found")).ok());
  EXPECT_FALSE(Read(Answer(http::HttpOutcome::kNoReply, 0, "")).ok());
}

TEST(AnyFastUsageLog, SwitchedOffThereIsNone) {
  AnyFastOptions options;
  options.profile = AnyFastProfile();
  EXPECT_EQ(MakeAnyFast(options, http::MakeHttpTransport({}), base::RealClock())->usage_log(), nullptr);
}

}  // namespace
}  // namespace seedance::upstream
