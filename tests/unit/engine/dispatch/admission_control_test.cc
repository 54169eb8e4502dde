#include "service/engine/dispatch/admission_control.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "service/upstream/request_outcome.h"
#include "tests/testing/fake_upstream.h"

namespace seedance::engine {
namespace {

using base::Reason;
using testing::Failure;

constexpr RequestOutcome kGood = {};
constexpr RequestOutcome kBad = {false, std::nullopt};
constexpr RequestOutcome kLimited = {true, absl::Minutes(5)};

class AdmissionControlTest : public ::testing::Test {
 protected:
  static AdmissionControl::Options WithBreaker() {
    AdmissionControl::Options options;
    options.breaker = {3, absl::Seconds(5)};
    return options;
  }

  void Call(RequestKind kind, const RequestOutcome& answer) {
    AdmissionControl::Call call = gate_.Take(kind, now_);
    gate_.Sent(call, now_);
    gate_.Answered(call, answer, now_);
    gate_.Ended(call);
  }
  bool MayGo(RequestKind kind, bool to_poll = false) { return gate_.NextAt(kind, to_poll, now_) <= now_; }
  void GoDown() {
    for (int i = 0; i < 3; ++i) Call(RequestKind::kRead, kBad);
    ASSERT_TRUE(gate_.is_down());
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  AdmissionControl gate_{WithBreaker()};
};

TEST_F(AdmissionControlTest, NoMoreRunThanMayAndTheKindsDoNotShare) {
  AdmissionControl::Options options;
  options.max_polls = 2;
  options.max_submits = 1;
  AdmissionControl gate(options);
  AdmissionControl::Call first = gate.Take(RequestKind::kRead, now_);
  (void)gate.Take(RequestKind::kRead, now_);
  EXPECT_EQ(gate.NextAt(RequestKind::kRead, false, now_), absl::InfiniteFuture());
  EXPECT_EQ(gate.NextAt(RequestKind::kChange, false, now_), now_);
  gate.Ended(first);
  EXPECT_EQ(gate.NextAt(RequestKind::kRead, false, now_), now_);
}

TEST_F(AdmissionControlTest, IsBusyFromThreeQuartersOfTheRateOrOfTheThreads) {
  AdmissionControl::Options options;
  options.polls_per_second = 4;
  options.max_submits = 4;
  AdmissionControl gate(options);
  for (const RequestKind kind : kRequestKinds) {
    for (int i = 0; i < 3; ++i) (void)gate.Take(kind, now_);
    EXPECT_FALSE(gate.IsBusy(kind, now_));
    (void)gate.Take(kind, now_);
    EXPECT_TRUE(gate.IsBusy(kind, now_));
  }
}

TEST_F(AdmissionControlTest, ARestOfTheAccountIsForAllCallsOfTheKindAndEndsToTheInstant) {
  Call(RequestKind::kRead, {true, absl::Seconds(30), upstream::LimitScope::kAccount});
  EXPECT_TRUE(MayGo(RequestKind::kChange));
  EXPECT_EQ(gate_.NextAt(RequestKind::kRead, false, now_), now_ + absl::Seconds(30));
  // A later answer that asks for less does not end it.
  Call(RequestKind::kRead, {true, absl::Seconds(1), upstream::LimitScope::kAccount});
  now_ += absl::Seconds(30) - absl::Nanoseconds(1);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  now_ += absl::Nanoseconds(1);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, OneAnswerRestsNobodyElseAndRepeatedOnesRestAll) {
  Call(RequestKind::kRead, kLimited);
  Call(RequestKind::kRead, kLimited);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
  Call(RequestKind::kRead, kLimited);
  EXPECT_EQ(gate_.CooldownUntil(RequestKind::kRead, now_), now_ + absl::Minutes(5));
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  EXPECT_TRUE(MayGo(RequestKind::kChange));
}

TEST_F(AdmissionControlTest, ASuccessBetweenOrAQuietMinuteBeginsTheCountAnew) {
  Call(RequestKind::kRead, kLimited);
  Call(RequestKind::kRead, kLimited);
  Call(RequestKind::kRead, kGood);
  Call(RequestKind::kRead, kLimited);
  Call(RequestKind::kRead, kLimited);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
  now_ += AdmissionControl::kLimitedWindow + absl::Nanoseconds(1);
  Call(RequestKind::kRead, kLimited);
  Call(RequestKind::kRead, kLimited);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
  // What did not answer says nothing of limits.
  Call(RequestKind::kRead, kBad);
  Call(RequestKind::kRead, kLimited);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, DuringALongRestOneCallTriesAndItsSuccessEndsTheRest) {
  AdmissionControl::Call before = gate_.Take(RequestKind::kRead, now_);
  gate_.Sent(before, now_);
  for (int i = 0; i < 3; ++i) Call(RequestKind::kRead, kLimited);
  // What was sent before the rest began may have been within the limit.
  gate_.Answered(before, kGood, now_);
  gate_.Ended(before);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  now_ += AdmissionControl::kTrialPause;
  ASSERT_TRUE(MayGo(RequestKind::kRead));
  AdmissionControl::Call trial = gate_.Take(RequestKind::kRead, now_);
  EXPECT_FALSE(MayGo(RequestKind::kRead)) << "one at a time";
  gate_.Sent(trial, now_);
  gate_.Answered(trial, kGood, now_);
  gate_.Ended(trial);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, WhatGotItsTurnBeforeTheRestAndLeftAfterItsBeginningEndsNoRest) {
  AdmissionControl::Call slow = gate_.Take(RequestKind::kRead, now_);
  now_ += absl::Milliseconds(1);
  for (int i = 0; i < 3; ++i) Call(RequestKind::kRead, kLimited);
  now_ += absl::Milliseconds(1);
  gate_.Sent(slow, now_);
  gate_.Answered(slow, kGood, now_);
  gate_.Ended(slow);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, ATrialThatIsLimitedTooMakesTheRestLonger) {
  for (int i = 0; i < 3; ++i) Call(RequestKind::kRead, kLimited);
  now_ += AdmissionControl::kTrialPause;
  Call(RequestKind::kRead, kLimited);
  EXPECT_EQ(gate_.CooldownUntil(RequestKind::kRead, now_), now_ + absl::Minutes(5));
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  // A rest that the vendor asked for the account has no trials.
  Call(RequestKind::kRead, {true, absl::Minutes(10), upstream::LimitScope::kAccount});
  now_ += absl::Minutes(9);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, BehindARestTheFirstLimitedAnswerRestsAllAgain) {
  for (int i = 0; i < 3; ++i) Call(RequestKind::kRead, kLimited);
  now_ += absl::Minutes(5);
  ASSERT_TRUE(MayGo(RequestKind::kRead));
  Call(RequestKind::kRead, kLimited);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
}

TEST_F(AdmissionControlTest, AClockThatIsSetBackDoesNotMakeARestLonger) {
  Call(RequestKind::kRead, {true, absl::Seconds(30), upstream::LimitScope::kAccount});
  now_ -= absl::Hours(5);
  EXPECT_LE(gate_.CooldownUntil(RequestKind::kRead, now_), now_ + absl::Seconds(30));
}

TEST_F(AdmissionControlTest, WhileTheVendorIsDownBothKindsRestAndOneTries) {
  GoDown();
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  EXPECT_FALSE(MayGo(RequestKind::kChange));
  now_ += absl::Seconds(5);
  ASSERT_TRUE(MayGo(RequestKind::kRead));
  AdmissionControl::Call probe = gate_.Take(RequestKind::kRead, now_);
  EXPECT_TRUE(probe.probe);
  EXPECT_EQ(probe.outage_epoch, 1);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  EXPECT_FALSE(MayGo(RequestKind::kChange));
  gate_.Answered(probe, kGood, now_);
  EXPECT_TRUE(MayGo(RequestKind::kRead));
  EXPECT_TRUE(MayGo(RequestKind::kChange));
}

TEST_F(AdmissionControlTest, ASubmissionTriesOnlyWhenThereIsNothingToPollOrPollsRestLonger) {
  GoDown();
  now_ += absl::Seconds(5);
  EXPECT_FALSE(MayGo(RequestKind::kChange, /*to_poll=*/true));
  EXPECT_TRUE(MayGo(RequestKind::kChange, /*to_poll=*/false));
  // But not for ever: there may be a task that nobody can poll.
  now_ += absl::Minutes(1);
  EXPECT_TRUE(MayGo(RequestKind::kChange, /*to_poll=*/true));
  Call(RequestKind::kRead, {false, absl::Hours(1), upstream::LimitScope::kAccount});
  now_ += absl::Seconds(10);
  EXPECT_FALSE(MayGo(RequestKind::kRead));
  EXPECT_TRUE(MayGo(RequestKind::kChange, /*to_poll=*/true));
}

TEST_F(AdmissionControlTest, ATurnWithoutACallCostsNeitherRateNorTheOneTry) {
  AdmissionControl::Options options = WithBreaker();
  options.polls_per_second = 1;
  AdmissionControl gate(options);
  for (int i = 0; i < 3; ++i) {
    AdmissionControl::Call call = gate.Take(RequestKind::kRead, now_);
    gate.Sent(call, now_);
    gate.Answered(call, kBad, now_);
    gate.Ended(call);
    now_ += absl::Seconds(5);
  }
  ASSERT_TRUE(gate.is_down());
  AdmissionControl::Call idle = gate.Take(RequestKind::kRead, now_);
  gate.Ended(idle);
  now_ += absl::Seconds(1);
  EXPECT_EQ(gate.NextAt(RequestKind::kRead, false, now_), now_);
}

TEST(RequestOutcomeTest, OutagesAreUnusableAndRefusalsAreNot) {
  EXPECT_TRUE(upstream::OutcomeOf(absl::OkStatus()).usable);
  for (const Reason reason : {Reason::kUpstreamUnavailable, Reason::kUpstreamProtocol, Reason::kDeadlineExceeded}) {
    EXPECT_FALSE(upstream::OutcomeOf(Failure(reason, "down")).usable) << base::ReasonName(reason);
  }
  for (const Reason reason : {Reason::kRateLimited, Reason::kResourceNotFound, Reason::kUpstreamAuthFailed,
                              Reason::kCreditsExhausted, Reason::kInputModeration}) {
    EXPECT_TRUE(upstream::OutcomeOf(Failure(reason, "no")).usable) << base::ReasonName(reason);
  }
  EXPECT_TRUE(upstream::OutcomeOf(testing::Accepted("t")).usable);
  EXPECT_TRUE(upstream::OutcomeOf(testing::Refused(Reason::kInputModeration, "no")).usable);
  EXPECT_FALSE(upstream::OutcomeOf(testing::Lost()).usable);
  EXPECT_FALSE(upstream::OutcomeOf(testing::NotAccepted()).usable);
}

TEST(RequestOutcomeTest, ARestIsTheVendorsWishNotTheGatewaysGuess) {
  EXPECT_EQ(upstream::OutcomeOf(Failure(Reason::kRateLimited, "429", absl::Seconds(7))).cooldown, absl::Seconds(7));
  EXPECT_FALSE(
      upstream::OutcomeOf(Failure(Reason::kUpstreamUnavailable, "500", absl::Seconds(1))).cooldown.has_value());
  base::ErrorDetail detail;
  detail.reason = Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(9);
  detail.metadata[std::string(upstream::kRetryAfterKey)] = "9";
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("503", detail)).cooldown, absl::Seconds(9));
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("503", detail)).cause, CooldownCause::kTrouble);
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("503", detail)).scope, upstream::LimitScope::kRequest);
  detail.reason = Reason::kQuotaExceeded;
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("429", detail)).cooldown, absl::Seconds(9));
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("429", detail)).cause, CooldownCause::kQuota);
  detail.reason = Reason::kRateLimited;
  detail.metadata[std::string(upstream::kLimitScopeKey)] = upstream::kAccountScope;
  EXPECT_EQ(upstream::OutcomeOf(base::MakeError("429", detail)).scope, upstream::LimitScope::kAccount);
  EXPECT_EQ(upstream::OutcomeOf(testing::NotAccepted(absl::Seconds(30))).cooldown, absl::Seconds(30));
  EXPECT_FALSE(upstream::OutcomeOf(testing::NotAccepted()).cooldown.has_value());
}

// ---- What other gateways with the same key tell ----

class SharedAdmissionTest : public AdmissionControlTest {
 protected:
  static constexpr RequestOutcome kAccountLimited = {true, absl::Minutes(5), upstream::LimitScope::kAccount};

  // What this gateway has to tell of polls.
  std::optional<VendorNews::Cooldown> News() { return gate_.TakeNews(now_).cooldowns[0]; }
  void Hear(absl::Duration left, bool over = false) {
    gate_.HearCooldown(RequestKind::kRead, {now_ + left, now_ + left, CooldownCause::kQuota, false, over}, now_);
  }
  absl::Duration Left() { return std::max(gate_.CooldownUntil(RequestKind::kRead, now_) - now_, absl::ZeroDuration()); }
};

TEST_F(SharedAdmissionTest, ACooldownAndItsEndByASuccessAreNewsOnce) {
  Call(RequestKind::kRead, kAccountLimited);
  EXPECT_TRUE(gate_.has_news());
  const std::optional<VendorNews::Cooldown> begun = News();
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->until, now_ + absl::Minutes(5));
  EXPECT_FALSE(begun->over);
  EXPECT_FALSE(gate_.has_news());
  EXPECT_FALSE(News().has_value());
  now_ += absl::Minutes(1);
  Call(RequestKind::kRead, kGood);
  const std::optional<VendorNews::Cooldown> over = News();
  ASSERT_TRUE(over.has_value());
  EXPECT_TRUE(over->over);
  EXPECT_EQ(over->until, begun->until);
}

TEST_F(SharedAdmissionTest, OneThatRanOutByItselfIsNoNews) {
  Call(RequestKind::kRead, kAccountLimited);
  (void)News();
  now_ += absl::Minutes(6);
  Call(RequestKind::kRead, kGood);
  EXPECT_FALSE(gate_.has_news());
}

TEST_F(SharedAdmissionTest, TheLongestWishCountsAndWhatIsHeardIsNotToldOn) {
  Hear(absl::Minutes(5));
  Hear(absl::Seconds(5));
  EXPECT_EQ(Left(), absl::Minutes(5));
  EXPECT_EQ(gate_.CallersCooldownUntil(RequestKind::kRead, now_), now_ + absl::Minutes(5));
  EXPECT_EQ(gate_.cooldown_cause(RequestKind::kRead), CooldownCause::kQuota);
  EXPECT_FALSE(gate_.has_news());
  Call(RequestKind::kRead, {true, absl::Minutes(9), upstream::LimitScope::kAccount});
  Hear(absl::Minutes(6));
  EXPECT_EQ(Left(), absl::Minutes(9));
}

TEST_F(SharedAdmissionTest, AnEndEndsTheOneThatItNamesAndNoOther) {
  Hear(absl::Minutes(5));
  Hear(absl::Minutes(4), /*over=*/true);
  EXPECT_EQ(Left(), absl::Minutes(5));
  Hear(absl::Minutes(5), /*over=*/true);
  EXPECT_EQ(Left(), absl::ZeroDuration());
  // A later one counts again.
  Hear(absl::Minutes(7));
  EXPECT_EQ(Left(), absl::Minutes(7));
}

TEST_F(SharedAdmissionTest, AVendorThatGoesDownAndComesBackIsNews) {
  GoDown();
  EXPECT_EQ(gate_.TakeNews(now_).down, true);
  now_ += absl::Minutes(1);
  gate_.HearDown(true, now_);
  EXPECT_EQ(gate_.TakeNews(now_).down, std::nullopt);
  Call(RequestKind::kRead, kGood);
  EXPECT_EQ(gate_.TakeNews(now_).down, false);
}

}  // namespace
}  // namespace seedance::engine
