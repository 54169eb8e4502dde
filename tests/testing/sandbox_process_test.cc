#include "tests/testing/sandbox_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "absl/time/clock.h"

namespace seedance::testing {
namespace {

TEST(SandboxProcessTest, StartsOnFreePortsAndAnswersTheControlClient) {
  auto first = SandboxProcess::Start({"--speed", "0"});
  ASSERT_TRUE(first.ok()) << first.status();
  auto second = SandboxProcess::Start();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE((*first)->url(), (*second)->url());
  EXPECT_TRUE((*first)->AddFault({.kind = "delay", .delay = absl::Milliseconds(1)}).ok());
  EXPECT_FALSE((*first)->AddFault({.kind = "nonsense"}).ok());
  EXPECT_TRUE((*first)->ClearFaults().ok());
  EXPECT_TRUE((*first)->Advance(absl::Seconds(5)).ok());
  EXPECT_TRUE((*first)->Reset().ok());
  const auto ledger = (*first)->Ledger();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_EQ(ledger->Count("CreateTask"), 0);
  const auto requests = (*first)->Requests();
  ASSERT_TRUE(requests.ok()) << requests.status();
  EXPECT_EQ(requests->Count("GET /v1/models"), 0);
  EXPECT_TRUE((*first)->Assets().ok());
  EXPECT_TRUE((*first)->Tasks().ok());
}

TEST(SandboxProcessTest, EndsCleanlyAndQuicklyOnSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    auto sandbox = SandboxProcess::Start();
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    const absl::Time begin = absl::Now();
    (*sandbox)->process().Kill(signal);
    EXPECT_EQ((*sandbox)->process().Wait(absl::Seconds(20)), 0);
    EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
    EXPECT_EQ((*sandbox)->Ledger().status().code(), absl::StatusCode::kUnavailable);
  }
}

TEST(SandboxProcessTest, WrongFlagsAreReported) {
  auto sandbox = SandboxProcess::Start({"--no-such-flag"});
  EXPECT_EQ(sandbox.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(sandbox.status().message()).find("--no-such-flag"), std::string::npos);
}

}  // namespace
}  // namespace seedance::testing
