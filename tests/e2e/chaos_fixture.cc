#include "tests/e2e/chaos_fixture.h"

#include <signal.h>
#include <stdlib.h>

#include <iostream>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace seedance::e2e {
namespace {

// The same every time, so that a failure in ctest is not a matter of luck; the long form draws a new one.
constexpr uint64_t kShortSeed = 20261126;

uint64_t ChooseSeed() {
  uint64_t seed = kShortSeed;
  const char* wanted = getenv("SEEDANCE_CHAOS_SEED");
  if (wanted != nullptr && absl::SimpleAtoi(wanted, &seed)) return seed;
  return LongForm() ? std::random_device()() : kShortSeed;
}

std::string HostPort(const std::string& url) { return std::string(absl::StripPrefix(url, "http://")); }

void Print(const char* name, const testing::GateStats& stats) {
  std::cout << name << " gate: " << stats.connections << " connections, " << stats.refused << " refused, " << stats.cuts
            << " cut, " << stats.resets << " reset, " << stats.stalls << " stalled, " << stats.slices << " sliced, "
            << stats.delays << " delayed, " << stats.garbled << " garbled\n";
}

}  // namespace

bool LongForm() {
  const char* form = getenv("SEEDANCE_CHAOS");
  return form != nullptr && std::string_view(form) == "long";
}

bool IsTransient(const grpc::Status& status, const client::ErrorDetails& error) {
  // The gateway's own errors always carry a reason; the others are of the way to it.
  if (error.reason.empty()) return !status.ok();
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return true;
    default:
      return false;
  }
}

void ChaosTest::SetUp() {
  seed_ = ChooseSeed();
  random_.seed(seed_);
  std::cout << "SEEDANCE_CHAOS=" << (LongForm() ? "long" : "short") << " SEEDANCE_CHAOS_SEED=" << seed_ << "\n";
}

void ChaosTest::TearDown() {
  if (vendor_gate_ != nullptr) Print("vendor", vendor_gate_->Stats());
  if (client_gate_ != nullptr) Print("client", client_gate_->Stats());
  if (HasGateway()) {
    EXPECT_THAT(gateway().SanitizerReports(), ::testing::IsEmpty());
  }
  E2eTest::TearDown();
}

void ChaosTest::StartBehindGates(testing::GatewayOptions options) {
  vendor_gate_ = Must(testing::TcpGate::Start(HostPort(sandbox().url()), seed_ + 1));
  options.sandbox_url = absl::StrCat("http://", vendor_gate_->address());
  StartGateway(options);
  client_gate_ = Must(testing::TcpGate::Start(gateway().address(), seed_ + 2));
}

void ChaosTest::BounceGateway(int signal) {
  const int code = Must(gateway().Stop(signal));
  EXPECT_EQ(code, signal == SIGKILL ? 128 + SIGKILL : 0);
  RestartGateway();
}

void ChaosTest::Pause(absl::Duration most) {
  EXPECT_FALSE(Eventually([] { return false; }, most * Unit()));
}

std::map<std::string, std::string> ChaosTest::StagesOfTasks() {
  std::map<std::string, std::string> stages;
  for (const testing::SandboxTask& task : Must(sandbox().Tasks())) stages[task.id] = task.stage;
  return stages;
}

}  // namespace seedance::e2e
