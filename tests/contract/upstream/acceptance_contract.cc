// What became of a call that may be billed: one of four, whatever happens on the way.
#include <utility>

#include "absl/time/clock.h"
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/testing/eventually.h"

namespace seedance::testing {
namespace {

using base::Reason;
using upstream::Acceptance;

struct CreateFault {
  const char* name;
  SandboxFault fault;
  Acceptance acceptance;
  bool retryable;
  Reason reason;
  bool billed = false;
};

constexpr bool kAgain = true;
constexpr bool kNever = false;

std::vector<CreateFault> CreateFaults() {
  const auto doubt = Acceptance::kUnknown;
  const auto unknown = Reason::kOutcomeUnknown;
  return {
      {"lost reply", {.kind = "drop_reply"}, doubt, kNever, unknown, true},
      {"cut reply", {.kind = "truncate"}, doubt, kNever, unknown, true},
      {"reset", {.kind = "reset"}, doubt, kNever, unknown},
      // An answer of success without an id.
      {"empty 200", {.kind = "empty", .after = true}, doubt, kNever, unknown, true},
      {"HTML 200", {.kind = "html", .after = true, .status = 200}, doubt, kNever, unknown, true},
      {"cut JSON",
       {.kind = "status", .after = true, .status = 200, .body = R"({"data":)"},
       doubt,
       kNever,
       unknown,
       true},
      // A proxy's word: the vendor may have the call. With a time to come back too.
      {"HTML 500", {.kind = "html", .status = 500}, doubt, kNever, unknown},
      {"HTML 502", {.kind = "html", .status = 502}, doubt, kNever, unknown},
      {"HTML 503", {.kind = "html", .status = 503, .retry_after = 2}, doubt, kNever, unknown},
      {"HTML 504", {.kind = "html", .status = 504}, doubt, kNever, unknown},
      {"empty 504", {.kind = "empty", .status = 504}, doubt, kNever, unknown},
      {"empty 408", {.kind = "empty", .status = 408}, doubt, kNever, unknown},
      {"HTML 429", {.kind = "html", .status = 429, .retry_after = 2}, doubt, kNever, unknown},
      {"text 429", {.kind = "status", .status = 429, .body = "Too Many Requests"}, doubt, kNever, unknown},
      {"text 524", {.kind = "status", .status = 524, .body = "error code: 524"}, doubt, kNever, unknown},
      {"JSON of a proxy 504",
       {.kind = "status", .status = 504, .body = R"({"message":"Endpoint request timed out"})"},
       doubt,
       kNever,
       unknown},
      // The vendor, or its network before it, took nothing.
      {"429", {.kind = "status", .status = 429}, Acceptance::kNotAccepted, kAgain, Reason::kRateLimited},
      {"rate limit of the network",
       {.kind = "status", .status = 429, .body = "error code: 1015"},
       Acceptance::kNotAccepted,
       kAgain,
       Reason::kRateLimited},
      {"block of the network",
       {.kind = "status", .status = 403, .body = "error code: 1010"},
       Acceptance::kNotAccepted,
       kAgain,
       Reason::kUpstreamUnavailable},
      // No for good.
      {"401", {.kind = "status", .status = 401}, Acceptance::kRefused, kNever, Reason::kUpstreamAuthFailed},
      {"HTML 413", {.kind = "html", .status = 413}, Acceptance::kRefused, kNever, Reason::kUpstreamInvalidInput},
      {"308", {.kind = "empty", .status = 308}, Acceptance::kRefused, kNever, Reason::kUpstreamProtocol},
  };
}

TEST_P(UpstreamContract, CreateWithoutAFaultIsAcceptedAndBilledOnce) {
  for (const Create& create : Creates()) {
    const int64_t bills = Bills(create.action);
    const auto result = create.run({});
    EXPECT_EQ(result.acceptance, Acceptance::kAccepted) << create.name << ": " << result.status;
    EXPECT_NE(result.value, "") << create.name;
    EXPECT_EQ(Bills(create.action), bills + 1) << create.name;
  }
}

TEST_P(UpstreamContract, EveryFaultOfACreateHasItsMeaning) {
  for (const Create& create : Creates()) {
    for (const CreateFault& row : CreateFaults()) {
      SCOPED_TRACE(create.name + ", " + row.name);
      const int64_t bills = Bills(create.action);
      const int64_t seen = Seen();
      Break(row.fault);
      const auto result = create.run({});
      Mend();
      EXPECT_EQ(result.acceptance, row.acceptance) << result.status;
      EXPECT_EQ(ReasonOf(result.status), NameOf(row.reason)) << result.status;
      EXPECT_EQ(result.retryable, row.retryable);
      EXPECT_EQ(result.value, "");
      EXPECT_EQ(Bills(create.action), bills + (row.billed ? 1 : 0));
      EXPECT_EQ(Seen(), seen + 1) << "a create is sent once";
    }
  }
}

TEST_P(UpstreamContract, RetryAfterOfACreateIsPassedOnAndBounded) {
  for (const Create& create : Creates()) {
    for (const auto& [said, obeyed] :
         {std::pair(int64_t{7}, absl::Seconds(7)), std::pair(int64_t{86400}, upstream::kDefaultMaxRetryAfter)}) {
      Break({.kind = "status", .status = 429, .retry_after = said});
      const auto result = create.run({});
      Mend();
      EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted) << create.name;
      EXPECT_EQ(result.retry_after, obeyed) << create.name;
    }
  }
}

TEST_P(UpstreamContract, VendorThatCannotBeReachedTookNothing) {
  const std::vector<Create> creates = Creates();
  StopVendor();
  for (const Create& create : creates) {
    const auto result = create.run({});
    EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted) << create.name << ": " << result.status;
    EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kUpstreamUnavailable)) << create.name;
    EXPECT_TRUE(result.retryable) << create.name;
  }
}

TEST_P(UpstreamContract, InputThatTheVendorBlocksIsRefusedAndNotBilled) {
  const auto result = tasks().CreateTask({}, TaskOf("[input-moderation] x"));
  EXPECT_EQ(result.acceptance, Acceptance::kRefused);
  EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kInputModeration)) << result.status;
  EXPECT_EQ(Bills("CreateTask"), 0);
}

TEST_P(UpstreamContract, KeyThatTheVendorDoesNotKnowIsRefused) {
  const auto stranger = NewAccount([](AccountSetup& setup) { setup.api_key = base::Secret("another-key"); });
  const auto result = stranger->tasks().CreateTask({}, TaskOf("a fox"));
  EXPECT_EQ(result.acceptance, Acceptance::kRefused);
  EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kUpstreamAuthFailed)) << result.status;
  EXPECT_EQ(ReasonOf(stranger->tasks().GetTask({}, "t").status()), NameOf(Reason::kUpstreamAuthFailed));
}

TEST_P(UpstreamContract, CreateOutlivesItsCallersDeadlineAndCancel) {
  for (const Create& create : Creates()) {
    if (create.name == "CreateAsset with bytes") continue;  // Bytes end with their caller.
    upstream::CallOptions call;
    call.deadline = absl::Now();
    call.cancel = std::make_shared<base::CancelToken>();
    call.cancel->Cancel();
    EXPECT_EQ(create.run(call).acceptance, Acceptance::kAccepted) << create.name;
  }
}

TEST_P(UpstreamContract, EndOfTheProcessLeavesACreateInDoubt) {
  const std::vector<Create> creates = Creates();
  Break({.kind = "delay", .delay = absl::Minutes(10)});
  for (const Create& create : creates) {
    const int64_t seen = Seen();
    upstream::CallOptions call;
    call.abandon = std::make_shared<base::CancelToken>();
    const auto result = Meanwhile([&] { return create.run(call); },
                                  [&] {
                                    EXPECT_TRUE(Eventually([&] { return Seen() > seen; }));
                                    call.abandon->Cancel();
                                  });
    EXPECT_EQ(result.acceptance, Acceptance::kUnknown) << create.name;
    EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kOutcomeUnknown)) << create.name;
  }
}

TEST_P(UpstreamContract, CreateWithoutAnAnswerInTimeIsInDoubt) {
  const auto hasty = NewAccount([](AccountSetup& setup) { setup.submit_timeout = absl::Milliseconds(100); });
  Break({.kind = "delay", .delay = absl::Minutes(10)});
  const auto result = hasty->tasks().CreateTask({}, TaskOf("a fox"));
  EXPECT_EQ(result.acceptance, Acceptance::kUnknown);
  EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kOutcomeUnknown));
}

TEST_P(GroupContract, AssetOfAGroupThatTheVendorDoesNotKnowIsRefusedByTheGroupsName) {
  upstream::NewAsset asset = ImageByUrl();
  asset.group_id = "no-such-group";
  const auto result = assets().CreateAsset({}, asset);
  EXPECT_EQ(result.acceptance, Acceptance::kRefused);
  EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kResourceNotFound)) << result.status;
  const auto resource = base::GetErrorDetail(result.status).resource;
  ASSERT_TRUE(resource.has_value());
  EXPECT_EQ(resource->name, "assetGroups/account~no-such-group");
}

// A file whose bytes never come to their end.
class UnreadableFile : public http::ByteSource {
 public:
  absl::StatusOr<std::string> Next() override {
    if (sent_) return absl::CancelledError("the caller left");
    sent_ = true;
    return std::string(1 << 16, 'x');
  }
  std::optional<int64_t> Size() const override { return int64_t{10} << 20; }

 private:
  bool sent_ = false;
};

TEST_P(BytesContract, UploadThatItsCallerBreaksOffIsNotAcceptedAndNotBilled) {
  UnreadableFile bytes;
  upstream::NewAsset asset = ImageByUrl();
  asset.uri.clear();
  asset.data = &bytes;
  asset.file_name = "hero.png";
  const auto result = assets().CreateAsset({}, asset);
  EXPECT_EQ(result.acceptance, Acceptance::kNotAccepted) << result.status;
  EXPECT_EQ(ReasonOf(result.status), NameOf(Reason::kCancelled));
  EXPECT_FALSE(result.retryable);
  EXPECT_EQ(Bills("CreateAsset"), 0);
}

INSTANTIATE_TEST_SUITE_P(Dialects, UpstreamContract, ::testing::ValuesIn(AllDialects()), DialectName);
INSTANTIATE_TEST_SUITE_P(Dialects, BytesContract, ::testing::ValuesIn(DialectsWith(Capability::kBytes)), DialectName);

}  // namespace
}  // namespace seedance::testing
