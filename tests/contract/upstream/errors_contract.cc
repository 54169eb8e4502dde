// What calls that bill nothing come to when something is wrong; and that none is sent without leave.
#include "absl/time/clock.h"
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/testing/eventually.h"
#include "tests/unit/http/recording_vendor.h"

namespace seedance::testing {
namespace {

using base::Reason;

struct ReadFault {
  const char* name;
  SandboxFault fault;
  Reason reason;
};

std::vector<ReadFault> ReadFaults() {
  return {
      {"lost reply", {.kind = "drop_reply"}, Reason::kUpstreamUnavailable},
      {"cut reply", {.kind = "truncate"}, Reason::kUpstreamUnavailable},
      {"reset", {.kind = "reset"}, Reason::kUpstreamUnavailable},
      {"500", {.kind = "status", .status = 500}, Reason::kUpstreamUnavailable},
      {"HTML 502", {.kind = "html", .status = 502}, Reason::kUpstreamUnavailable},
      {"HTML 503", {.kind = "html", .status = 503}, Reason::kUpstreamUnavailable},
      {"empty 504", {.kind = "empty", .status = 504}, Reason::kUpstreamUnavailable},
      {"text 524", {.kind = "status", .status = 524, .body = "error code: 524"}, Reason::kUpstreamUnavailable},
      {"429", {.kind = "status", .status = 429}, Reason::kRateLimited},
      {"HTML 429", {.kind = "html", .status = 429}, Reason::kRateLimited},
      {"rate limit of the network",
       {.kind = "status", .status = 429, .body = "error code: 1015"},
       Reason::kRateLimited},
      {"401", {.kind = "status", .status = 401}, Reason::kUpstreamAuthFailed},
      {"HTML 200", {.kind = "html", .status = 200}, Reason::kUpstreamProtocol},
      {"HTML 404", {.kind = "html", .status = 404}, Reason::kUpstreamProtocol},
      {"cut JSON", {.kind = "status", .status = 200, .body = R"({"data":)"}, Reason::kUpstreamProtocol},
      {"302", {.kind = "empty", .status = 302}, Reason::kUpstreamProtocol},
  };
}

TEST_P(UpstreamContract, EveryFaultOfAReadHasItsReason) {
  std::vector<ReadFault> rows = ReadFaults();
  rows.push_back({"empty 200", {.kind = "empty"}, Reason::kUpstreamProtocol});
  for (const Unbilled& read : Reads()) {
    for (const ReadFault& row : rows) {
      Break(row.fault);
      const absl::Status status = read.run({});
      Mend();
      EXPECT_EQ(ReasonOf(status), NameOf(row.reason)) << read.name << ", " << row.name << ": " << status;
      EXPECT_EQ(status.code(), base::ReasonCode(row.reason)) << read.name << ", " << row.name;
    }
    EXPECT_EQ(ReasonOf(read.run({})), "OK") << read.name;
  }
}

TEST_P(UpstreamContract, EveryFaultOfAChangeHasItsReason) {
  for (const Unbilled& change : Changes()) {
    for (const ReadFault& row : ReadFaults()) {
      // The vendor did what it lost the answer to: each change is tried once here.
      if (row.fault.kind == "drop_reply" || row.fault.kind == "truncate") continue;
      Break(row.fault);
      const absl::Status status = change.run({});
      Mend();
      EXPECT_EQ(ReasonOf(status), NameOf(row.reason)) << change.name << ", " << row.name << ": " << status;
    }
  }
}

TEST_P(UpstreamContract, LostAnswerOfAChangeIsAnError) {
  for (const Unbilled& change : Changes()) {
    Break({.kind = "drop_reply"});
    const absl::Status status = change.run({});
    Mend();
    EXPECT_EQ(ReasonOf(status), NameOf(Reason::kUpstreamUnavailable)) << change.name << ": " << status;
  }
}

TEST_P(UpstreamContract, RetryAfterOfAReadIsPassedOnAndBounded) {
  for (const Unbilled& read : Reads()) {
    Break({.kind = "status", .status = 429, .retry_after = 7});
    const base::ErrorDetail detail = base::GetErrorDetail(read.run({}));
    Mend();
    EXPECT_EQ(detail.retry_delay, absl::Seconds(7)) << read.name;
    EXPECT_EQ(detail.metadata.count(std::string(upstream::kRetryAfterKey)), 1u) << read.name;
    Break({.kind = "status", .status = 429, .retry_after = 86400});
    EXPECT_EQ(base::GetErrorDetail(read.run({})).retry_delay, upstream::kDefaultMaxRetryAfter) << read.name;
    Mend();
    Break({.kind = "status", .status = 429});
    const base::ErrorDetail guess = base::GetErrorDetail(read.run({}));
    Mend();
    EXPECT_TRUE(guess.retry_delay.has_value()) << read.name;
    EXPECT_EQ(guess.metadata.count(std::string(upstream::kRetryAfterKey)), 0u) << read.name;
  }
}

TEST_P(UpstreamContract, VendorThatCannotBeReachedIsUnavailable) {
  std::vector<Unbilled> calls = Reads();
  for (const Unbilled& change : Changes()) calls.push_back(change);
  StopVendor();
  for (const Unbilled& call : calls) {
    EXPECT_EQ(ReasonOf(call.run({})), NameOf(Reason::kUpstreamUnavailable)) << call.name;
  }
}

TEST_P(UpstreamContract, ReadThatIsLateBeforeItBeginsIsNotSent) {
  for (const Unbilled& read : Reads()) {
    const int64_t seen = Seen();
    upstream::CallOptions call;
    call.deadline = absl::Now();
    EXPECT_EQ(ReasonOf(read.run(call)), NameOf(Reason::kDeadlineExceeded)) << read.name;
    EXPECT_EQ(Seen(), seen) << read.name;
  }
}

TEST_P(UpstreamContract, ReadEndsByItsDeadline) {
  const std::vector<Unbilled> reads = Reads();
  Break({.kind = "delay", .delay = absl::Minutes(10)});
  for (const Unbilled& read : reads) {
    upstream::CallOptions call;
    call.deadline = absl::Now() + absl::Milliseconds(100);
    EXPECT_EQ(ReasonOf(read.run(call)), NameOf(Reason::kDeadlineExceeded)) << read.name;
  }
}

TEST_P(UpstreamContract, ReadEndsWithItsCaller) {
  const std::vector<Unbilled> reads = Reads();
  Break({.kind = "delay", .delay = absl::Minutes(10)});
  for (const Unbilled& read : reads) {
    const int64_t seen = Seen();
    upstream::CallOptions call;
    call.cancel = std::make_shared<base::CancelToken>();
    const absl::Status status = Meanwhile([&] { return read.run(call); },
                                          [&] {
                                            EXPECT_TRUE(Eventually([&] { return Seen() > seen; }));
                                            call.cancel->Cancel();
                                          });
    EXPECT_EQ(ReasonOf(status), NameOf(Reason::kCancelled)) << read.name;
  }
}

// Counts the requests that it lets through, until it has none left.
class CountingPermit : public upstream::RequestPermit {
 public:
  explicit CountingPermit(int most) : left_(most) {}
  absl::Status BeforeSend(const upstream::CallOptions&) override {
    if (left_ == 0) return absl::AbortedError("no leave");
    --left_;
    ++given_;
    return absl::OkStatus();
  }
  void Answered(const upstream::RequestOutcome&) override {}
  int given() const { return given_; }

 private:
  int left_;
  int given_ = 0;
};

TEST_P(UpstreamContract, EveryUnbilledRequestAsksForLeave) {
  std::vector<Unbilled> calls = Reads();
  for (const Unbilled& change : Changes()) calls.push_back(change);
  for (const Unbilled& each : calls) {
    const int64_t seen = Seen();
    CountingPermit plenty(100);
    upstream::CallOptions call;
    call.permit = &plenty;
    (void)each.run(call);
    EXPECT_GE(plenty.given(), 1) << each.name;
    EXPECT_EQ(Seen(), seen + plenty.given()) << each.name;
  }
}

TEST_P(UpstreamContract, WithoutLeaveNothingIsSent) {
  std::vector<Unbilled> calls = Reads();
  for (const Unbilled& change : Changes()) calls.push_back(change);
  const int64_t seen = Seen();
  for (const Unbilled& each : calls) {
    CountingPermit none(0);
    upstream::CallOptions call;
    call.permit = &none;
    EXPECT_EQ(each.run(call), absl::AbortedError("no leave")) << each.name;
  }
  EXPECT_EQ(Seen(), seen);
}

TEST_P(UpstreamContract, TraceContextAndCredentialsGoWithEveryCall) {
  http::RecordingVendor vendor([](const httplib::Request&, httplib::Response& response) { response.status = 500; });
  const auto traced = NewAccount([&](AccountSetup& setup) { setup.url = vendor.url(); });
  upstream::CallOptions call;
  call.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  (void)traced->tasks().GetTask(call, "t");
  (void)traced->tasks().CreateTask(call, TaskOf("a fox"));
  const std::vector<httplib::Request> requests = vendor.requests();
  ASSERT_EQ(requests.size(), 2u);
  for (const httplib::Request& request : requests) {
    EXPECT_EQ(request.get_header_value("traceparent"), call.traceparent);
    std::string all;
    for (const auto& [name, value] : request.headers) all += name + ": " + value + "\n";
    EXPECT_THAT(all, ::testing::HasSubstr("sandbox-key"));
  }
}

}  // namespace
}  // namespace seedance::testing
