#include "service/engine/dispatch/call_gate.h"

#include <gtest/gtest.h>

#include "service/engine/dispatch/call_answer.h"
#include "tests/testing/fake_upstream.h"

namespace seedance::engine {
namespace {

using base::Reason;
using testing::Failure;

constexpr CallAnswer kGood = {};
constexpr CallAnswer kBad = {false, std::nullopt};
constexpr CallAnswer kLimited = {true, absl::Minutes(5)};

class CallGateTest : public ::testing::Test {
 protected:
  static CallGate::Options WithBreaker() {
    CallGate::Options options;
    options.breaker = {3, absl::Seconds(5)};
    return options;
  }

  void Call(CallKind kind, const CallAnswer& answer) {
    CallGate::Call call = gate_.Take(kind, now_);
    gate_.Sent(call, now_);
    gate_.Answered(call, answer, now_);
    gate_.Ended(call);
  }
  bool MayGo(CallKind kind, bool to_poll = false) { return gate_.NextAt(kind, to_poll, now_) <= now_; }
  void GoDown() {
    for (int i = 0; i < 3; ++i) Call(CallKind::kPoll, kBad);
    ASSERT_TRUE(gate_.is_down());
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  CallGate gate_{WithBreaker()};
};

TEST_F(CallGateTest, NoMoreRunThanMayAndTheKindsDoNotShare) {
  CallGate::Options options;
  options.max_polls = 2;
  options.max_submits = 1;
  CallGate gate(options);
  CallGate::Call first = gate.Take(CallKind::kPoll, now_);
  (void)gate.Take(CallKind::kPoll, now_);
  EXPECT_EQ(gate.NextAt(CallKind::kPoll, false, now_), absl::InfiniteFuture());
  EXPECT_EQ(gate.NextAt(CallKind::kSubmit, false, now_), now_);
  gate.Ended(first);
  EXPECT_EQ(gate.NextAt(CallKind::kPoll, false, now_), now_);
}

TEST_F(CallGateTest, IsBusyFromThreeQuartersOfTheRateOrOfTheThreads) {
  CallGate::Options options;
  options.polls_per_second = 4;
  options.max_submits = 4;
  CallGate gate(options);
  for (const CallKind kind : kCallKinds) {
    for (int i = 0; i < 3; ++i) (void)gate.Take(kind, now_);
    EXPECT_FALSE(gate.IsBusy(kind, now_));
    (void)gate.Take(kind, now_);
    EXPECT_TRUE(gate.IsBusy(kind, now_));
  }
}

TEST_F(CallGateTest, ARestOfTheAccountIsForAllCallsOfTheKindAndEndsToTheInstant) {
  Call(CallKind::kPoll, {true, absl::Seconds(30), /*account=*/true});
  EXPECT_TRUE(MayGo(CallKind::kSubmit));
  EXPECT_EQ(gate_.NextAt(CallKind::kPoll, false, now_), now_ + absl::Seconds(30));
  // A later answer that asks for less does not end it.
  Call(CallKind::kPoll, {true, absl::Seconds(1), /*account=*/true});
  now_ += absl::Seconds(30) - absl::Nanoseconds(1);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  now_ += absl::Nanoseconds(1);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
}

TEST_F(CallGateTest, OneAnswerRestsNobodyElseAndRepeatedOnesRestAll) {
  Call(CallKind::kPoll, kLimited);
  Call(CallKind::kPoll, kLimited);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
  Call(CallKind::kPoll, kLimited);
  EXPECT_EQ(gate_.RestsUntil(CallKind::kPoll, now_), now_ + absl::Minutes(5));
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  EXPECT_TRUE(MayGo(CallKind::kSubmit));
}

TEST_F(CallGateTest, ASuccessBetweenOrAQuietMinuteBeginsTheCountAnew) {
  Call(CallKind::kPoll, kLimited);
  Call(CallKind::kPoll, kLimited);
  Call(CallKind::kPoll, kGood);
  Call(CallKind::kPoll, kLimited);
  Call(CallKind::kPoll, kLimited);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
  now_ += CallGate::kLimitedWindow + absl::Nanoseconds(1);
  Call(CallKind::kPoll, kLimited);
  Call(CallKind::kPoll, kLimited);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
  // What did not answer says nothing of limits.
  Call(CallKind::kPoll, kBad);
  Call(CallKind::kPoll, kLimited);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
}

TEST_F(CallGateTest, DuringALongRestOneCallTriesAndItsSuccessEndsTheRest) {
  CallGate::Call before = gate_.Take(CallKind::kPoll, now_);
  gate_.Sent(before, now_);
  for (int i = 0; i < 3; ++i) Call(CallKind::kPoll, kLimited);
  // What was sent before the rest began may have been within the limit.
  gate_.Answered(before, kGood, now_);
  gate_.Ended(before);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  now_ += CallGate::kTrialPause;
  ASSERT_TRUE(MayGo(CallKind::kPoll));
  CallGate::Call trial = gate_.Take(CallKind::kPoll, now_);
  EXPECT_FALSE(MayGo(CallKind::kPoll)) << "one at a time";
  gate_.Sent(trial, now_);
  gate_.Answered(trial, kGood, now_);
  gate_.Ended(trial);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
}

TEST_F(CallGateTest, ATrialThatIsLimitedTooMakesTheRestLonger) {
  for (int i = 0; i < 3; ++i) Call(CallKind::kPoll, kLimited);
  now_ += CallGate::kTrialPause;
  Call(CallKind::kPoll, kLimited);
  EXPECT_EQ(gate_.RestsUntil(CallKind::kPoll, now_), now_ + absl::Minutes(5));
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  // A rest that the vendor asked for the account has no trials.
  Call(CallKind::kPoll, {true, absl::Minutes(10), /*account=*/true});
  now_ += absl::Minutes(9);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
}

TEST_F(CallGateTest, BehindARestTheFirstLimitedAnswerRestsAllAgain) {
  for (int i = 0; i < 3; ++i) Call(CallKind::kPoll, kLimited);
  now_ += absl::Minutes(5);
  ASSERT_TRUE(MayGo(CallKind::kPoll));
  Call(CallKind::kPoll, kLimited);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
}

TEST_F(CallGateTest, AClockThatIsSetBackDoesNotMakeARestLonger) {
  Call(CallKind::kPoll, {true, absl::Seconds(30), /*account=*/true});
  now_ -= absl::Hours(5);
  EXPECT_LE(gate_.RestsUntil(CallKind::kPoll, now_), now_ + absl::Seconds(30));
}

TEST_F(CallGateTest, WhileTheVendorIsDownBothKindsRestAndOneTries) {
  GoDown();
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  EXPECT_FALSE(MayGo(CallKind::kSubmit));
  now_ += absl::Seconds(5);
  ASSERT_TRUE(MayGo(CallKind::kPoll));
  CallGate::Call probe = gate_.Take(CallKind::kPoll, now_);
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(probe.era, 1);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  EXPECT_FALSE(MayGo(CallKind::kSubmit));
  gate_.Answered(probe, kGood, now_);
  EXPECT_TRUE(MayGo(CallKind::kPoll));
  EXPECT_TRUE(MayGo(CallKind::kSubmit));
}

TEST_F(CallGateTest, ASubmissionTriesOnlyWhenThereIsNothingToPollOrPollsRestLonger) {
  GoDown();
  now_ += absl::Seconds(5);
  EXPECT_FALSE(MayGo(CallKind::kSubmit, /*to_poll=*/true));
  EXPECT_TRUE(MayGo(CallKind::kSubmit, /*to_poll=*/false));
  // But not for ever: there may be a task that nobody can poll.
  now_ += absl::Minutes(1);
  EXPECT_TRUE(MayGo(CallKind::kSubmit, /*to_poll=*/true));
  Call(CallKind::kPoll, {false, absl::Hours(1), /*account=*/true});
  now_ += absl::Seconds(10);
  EXPECT_FALSE(MayGo(CallKind::kPoll));
  EXPECT_TRUE(MayGo(CallKind::kSubmit, /*to_poll=*/true));
}

TEST_F(CallGateTest, ATurnWithoutACallCostsNeitherRateNorTheOneTry) {
  CallGate::Options options = WithBreaker();
  options.polls_per_second = 1;
  CallGate gate(options);
  for (int i = 0; i < 3; ++i) {
    CallGate::Call call = gate.Take(CallKind::kPoll, now_);
    gate.Sent(call, now_);
    gate.Answered(call, kBad, now_);
    gate.Ended(call);
    now_ += absl::Seconds(5);
  }
  ASSERT_TRUE(gate.is_down());
  CallGate::Call idle = gate.Take(CallKind::kPoll, now_);
  gate.Ended(idle);
  now_ += absl::Seconds(1);
  EXPECT_EQ(gate.NextAt(CallKind::kPoll, false, now_), now_);
}

TEST(CallAnswerTest, OutagesAreUnusableAndRefusalsAreNot) {
  EXPECT_TRUE(AnswerOf(absl::OkStatus()).usable);
  for (const Reason reason : {Reason::kUpstreamUnavailable, Reason::kUpstreamProtocol, Reason::kDeadlineExceeded}) {
    EXPECT_FALSE(AnswerOf(Failure(reason, "down")).usable) << base::ReasonName(reason);
  }
  for (const Reason reason : {Reason::kRateLimited, Reason::kResourceNotFound, Reason::kUpstreamAuthFailed,
                              Reason::kCreditsExhausted, Reason::kInputModeration}) {
    EXPECT_TRUE(AnswerOf(Failure(reason, "no")).usable) << base::ReasonName(reason);
  }
  EXPECT_TRUE(AnswerOf(testing::Accepted("t")).usable);
  EXPECT_TRUE(AnswerOf(testing::Refused(Reason::kInputModeration, "no")).usable);
  EXPECT_FALSE(AnswerOf(testing::Lost()).usable);
  EXPECT_FALSE(AnswerOf(testing::NotAccepted()).usable);
}

TEST(CallAnswerTest, ARestIsTheVendorsWishNotTheGatewaysGuess) {
  EXPECT_EQ(AnswerOf(Failure(Reason::kRateLimited, "429", absl::Seconds(7))).rest, absl::Seconds(7));
  EXPECT_FALSE(AnswerOf(Failure(Reason::kUpstreamUnavailable, "500", absl::Seconds(1))).rest.has_value());
  base::ErrorDetail detail;
  detail.reason = Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(9);
  detail.metadata[std::string(upstream::kRetryAfterKey)] = "9";
  EXPECT_EQ(AnswerOf(base::MakeError("503", detail)).rest, absl::Seconds(9));
  EXPECT_EQ(AnswerOf(base::MakeError("503", detail)).cause, RestCause::kTrouble);
  EXPECT_FALSE(AnswerOf(base::MakeError("503", detail)).account);
  detail.reason = Reason::kQuotaExceeded;
  EXPECT_EQ(AnswerOf(base::MakeError("429", detail)).rest, absl::Seconds(9));
  EXPECT_EQ(AnswerOf(base::MakeError("429", detail)).cause, RestCause::kQuota);
  detail.reason = Reason::kRateLimited;
  detail.metadata[std::string(upstream::kLimitScopeKey)] = upstream::kAccountScope;
  EXPECT_TRUE(AnswerOf(base::MakeError("429", detail)).account);
  EXPECT_EQ(AnswerOf(testing::NotAccepted(absl::Seconds(30))).rest, absl::Seconds(30));
  EXPECT_FALSE(AnswerOf(testing::NotAccepted()).rest.has_value());
}

}  // namespace
}  // namespace seedance::engine
