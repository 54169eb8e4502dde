// What changes in a running gateway: by SIGHUP, and by files of keys that are rotated.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/base/sha256.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReloadTest : public E2eTest {
 protected:
  // Replaces text in the configuration file.
  void Edit(const std::string& from, const std::string& to) {
    const std::string path = gateway().config_path();
    const std::string text = testing::ReadFile(path);
    ASSERT_THAT(text, HasSubstr(from));
    ASSERT_TRUE(testing::WriteFile(path, absl::StrReplaceAll(text, {{from, to}})));
  }
  size_t Lines(const std::string& event) {
    const std::string line = absl::StrCat("\"event\":\"", event, "\"");
    const std::string log = gateway().Log();
    size_t count = 0;
    for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++count;
    return count;
  }
  // Sends SIGHUP and waits for the line of the log that it leads to.
  void HangUp(const std::string& event) {
    const size_t before = Lines(event);
    gateway().process().Kill(SIGHUP);
    ASSERT_TRUE(Eventually([&] { return Lines(event) > before; })) << event;
  }
  grpc::StatusCode CodeFor(const std::string& token) { return NewApi(token)->ListGroups({}).status.error_code(); }
};

TEST_F(ReloadTest, AHangupTakesTenantsRatesAndLimitsAndSaysWhatNeedsARestart) {
  StartSandbox(Pace::kStopped);
  testing::GatewayOptions options;
  options.tenants = {{.name = "acme", .tokens = {"one"}}};
  options.tasks = {"max_open_per_tenant: 10"};
  StartGateway(options);
  EXPECT_EQ(CodeFor("two"), grpc::StatusCode::UNAUTHENTICATED);
  (void)NewTask("first");
  Edit(base::Sha256Hex("one"), base::Sha256Hex("two"));
  Edit("max_open_per_tenant: 10", "max_open_per_tenant: 1");
  Edit("submits_per_second: 10000", "submits_per_second: 500");
  Edit("drain_grace: 2s", "drain_grace: 3s");
  HangUp("config_reloaded");
  EXPECT_EQ(CodeFor("one"), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CodeFor("two"), grpc::StatusCode::OK);
  EXPECT_EQ(NewApi("two")->CreateTask(TaskOf("second")).status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const std::string log = gateway().Log();
  EXPECT_THAT(log, HasSubstr("\"changed\":\"upstreams[0].rate.submits_per_second tenants tasks.max_open_per_tenant\""));
  EXPECT_THAT(log, HasSubstr("\"needs_restart\":\"server.drain_grace\""));
}

TEST_F(ReloadTest, AHangupTakesRatesStreamsAndTheLevelOfTheLog) {
  StartSandbox(Pace::kStopped);
  testing::GatewayOptions options;
  options.admin = true;
  options.log_level = "info";
  options.server = {"max_watch_streams: 1"};
  StartGateway(options);
  const std::string task = NewTask("first");
  // What a second stream beside an open one comes to.
  const auto second = [&] {
    grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
    (void)NewApi()->WatchTask(task, "", [&](const auto&) {
      code = NewApi()->WatchTask(task, "", [](const auto&) { return false; }).status.error_code();
      return false;
    });
    return code;
  };
  EXPECT_EQ(second(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  Edit("max_watch_streams: 1", "max_watch_streams: 5");
  Edit("submits_per_second: 10000", "submits_per_second: 500");
  Edit("level: info", "level: debug");
  EXPECT_EQ(Lines("vendor_request"), 0u);
  HangUp("config_reloaded");
  EXPECT_NE(second(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  (void)NewTask("second");
  EXPECT_GT(Lines("vendor_request"), 0u);
  EXPECT_EQ(Metric("seedance_vendor_max_requests_per_second{kind=\"submit\",upstream=\"anyfast\"}"), 500);
}

TEST_F(ReloadTest, WhatATenantHasAtAVendorThatIsTakenFromItIsFollowedToItsEnd) {
  StartSandbox(Pace::kStopped);
  testing::GatewayOptions options;
  options.tenants = {{.name = "acme", .tokens = {"one"}}, {.name = "other", .tokens = {"two"}}};
  options.upstream_lines = {"tenants: [acme, other]"};
  StartGateway(options);
  const std::string task = NewTask("runs");
  ASSERT_TRUE(WaitForState(task, State::STATE_QUEUED));
  Edit("tenants: [acme, other]", "tenants: [other]");
  HangUp("config_reloaded");
  EXPECT_EQ(api().CreateTask(TaskOf("another")).status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  Advance(absl::Minutes(5));
  EXPECT_EQ(WaitForEnd(task).state(), State::STATE_SUCCEEDED);
  const Download video = api().DownloadResult(task);
  EXPECT_TRUE(video.status.ok()) << video.status.error_message();
  EXPECT_EQ(static_cast<int64_t>(video.bytes.size()), video.total_size);
  EXPECT_EQ(AllBills(), 1);
}

TEST_F(ReloadTest, ABadFileChangesNothing) {
  StartSandbox(Pace::kStopped);
  testing::GatewayOptions options;
  options.tenants = {{.name = "acme", .tokens = {"one"}}};
  StartGateway(options);
  Edit(base::Sha256Hex("one"), base::Sha256Hex("two"));
  Edit("drain_grace: 2s", "drain_grace: long");
  HangUp("config_refused");
  EXPECT_THAT(gateway().Log(), HasSubstr("server.drain_grace: must be a duration"));
  EXPECT_EQ(CodeFor("one"), grpc::StatusCode::OK);
  EXPECT_EQ(CodeFor("two"), grpc::StatusCode::UNAUTHENTICATED);
  Edit("drain_grace: long", "drain_grace: 2s");
  HangUp("config_reloaded");
  EXPECT_EQ(CodeFor("two"), grpc::StatusCode::OK);
}

TEST_F(ReloadTest, ARotatedKeyIsTakenWithoutASignalAndOneThatIsMissingIsNot) {
  StartSandbox(Pace::kStopped, {"--key", "first-key", "--key", "second-key"});
  const testing::TempDir dir;
  ASSERT_TRUE(testing::WriteFile(dir.File("key"), "first-key\n"));
  testing::GatewayOptions options;
  options.env["SEEDANCE__UPSTREAMS__0__ANYFAST__API_KEY"] = absl::StrCat("{file: ", dir.File("key"), "}");
  StartGateway(options);
  (void)NewTask("by the first key");
  EXPECT_EQ(unlink(dir.File("key").c_str()), 0);
  ASSERT_TRUE(Eventually([&] { return Lines("vendor_keys_refused") == 1; }, absl::Seconds(60)));
  (void)NewTask("still by the first key");
  ASSERT_TRUE(testing::WriteFile(dir.File("key"), "second-key\n"));
  ASSERT_TRUE(Eventually([&] { return Lines("vendor_keys_taken") == 1; }, absl::Seconds(60)));
  (void)NewTask("by the second key");
  const std::vector<testing::LedgerRow> bills = Must(sandbox().Ledger()).bills;
  ASSERT_EQ(bills.size(), 3u);
  EXPECT_EQ(bills[0].key, "first-key");
  EXPECT_EQ(bills[1].key, "first-key");
  EXPECT_EQ(bills[2].key, "second-key");
  EXPECT_THAT(gateway().Log(), Not(HasSubstr("second-key")));
}

}  // namespace
}  // namespace seedance::e2e
