#include "service/engine/journal/journal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/engine/engine_fixture.h"

namespace seedance::engine {
namespace {

using model::JournalEntry;
using ::seedance::testing::Eventually;
using ::seedance::testing::Failure;
using ::seedance::testing::FlakyStore;
using ::seedance::testing::kRequestId;
using ::seedance::testing::OpenStore;
using ::seedance::testing::ReasonOf;
using ::seedance::testing::TempDir;
using upstream::Acceptance;
using Role = Journal::Role;
using Said = ::seedance::testing::Answer<std::string>;

JournalEntry Call(const std::string& name = "hero", const std::string& tenant = "acme") {
  JournalEntry call;
  call.key = {tenant, "CreateAssetGroup", kRequestId};
  call.fingerprint = {{"upstream", "fake"}, {"display_name", name}, {"description", "d"}};
  return call;
}

// What a test does about calls in doubt.
class Resolver : public Journal::DoubtResolver {
 public:
  void Look(const JournalEntry& row, Journal::Looked done) override {
    if (look) return look(row, std::move(done));
    done(std::nullopt);
  }
  void OnDoubt(const JournalEntry&) override { ++doubts; }
  void OnFound(const JournalEntry& row, const Journal::Found& made) override {
    EXPECT_EQ(row.resource_name, made.name());
    found.push_back(made.name());
  }

  std::function<void(const JournalEntry& row, Journal::Looked done)> look;
  int doubts = 0;
  std::vector<std::string> found;
};

class JournalTest : public ::testing::Test {
 protected:
  Role Begin(JournalEntry& call, const Said& said) { return journal_->Begin(call, said.done()); }

  // Begins as owner. The answer is in `first_`.
  JournalEntry Own(const std::string& name = "hero") {
    JournalEntry call = Call(name);
    EXPECT_EQ(Begin(call, first_), Role::kOwner);
    return call;
  }

  // Asks again, and must be answered without a turn.
  absl::StatusOr<std::string> Ask(const std::string& name = "hero", const std::string& tenant = "acme") {
    JournalEntry call = Call(name, tenant);
    Said said;
    EXPECT_EQ(Begin(call, said), Role::kAnswered);
    return said.Wait();
  }

  model::AssetGroup Group(const std::string& id = "g1") {
    model::AssetGroup group;
    group.handle = {"fake", id};
    group.tenant = "acme";
    group.create_time = group.update_time = clock_.Now();
    return group;
  }

  void Reopen() {
    journal_.reset();
    store_.reset();
    store_ = OpenStore(dir_.File("store.db"));
    journal_ = std::make_unique<Journal>(*store_, resolver_, clock_, random_);
    ASSERT_TRUE(journal_->Recover().ok());
  }

  TempDir dir_;
  base::SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  base::SeededRandom random_{1};
  Resolver resolver_;
  std::unique_ptr<FlakyStore> store_ = OpenStore(dir_.File("store.db"));
  std::unique_ptr<Journal> journal_ = std::make_unique<Journal>(*store_, resolver_, clock_, random_);
  Said first_;
};

TEST_F(JournalTest, AHundredCallersAtOnceMakeOneCallAndGetOneAnswer) {
  constexpr int kCallers = 100;
  std::vector<Said> said(kCallers);
  std::atomic<int> owners{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      JournalEntry call = Call();
      if (Begin(call, said[i]) != Role::kOwner) return;
      ++owners;
      model::AssetGroup group = Group();
      journal_->Accepted(call, &group, nullptr);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(owners, 1);
  for (const Said& one : said) {
    EXPECT_EQ(one.Wait().value(), "assetGroups/fake~g1");
    EXPECT_EQ(one.count(), 1);
  }
}

TEST_F(JournalTest, AnAcceptedCallStoresItsResourceBeforeItAnswers) {
  const JournalEntry call = Own();
  model::AssetGroup group = Group();
  journal_->Accepted(call, &group, nullptr);
  EXPECT_TRUE(first_.Wait().ok());
  EXPECT_GT(group.revision, 0);
  EXPECT_TRUE(store_->GetGroup(group.handle).ok());
  Reopen();
  EXPECT_EQ(Ask().value(), "assetGroups/fake~g1");
}

TEST_F(JournalTest, AnotherRequestUnderTheSameIdIsRefusedWhileTheFirstIsOnItsWay) {
  const JournalEntry call = Own("hero");
  const absl::StatusOr<std::string> answer = Ask("villain");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(answer), base::Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(answer.status()).metadata.at("field"), "display_name");
  EXPECT_EQ(first_.count(), 0);
  journal_->Failed(call, Acceptance::kNotAccepted, absl::UnavailableError(""));
}

TEST_F(JournalTest, AnotherRequestUnderTheSameIdIsRefusedFromTheJournal) {
  model::AssetGroup group = Group();
  journal_->Accepted(Own("hero"), &group, nullptr);
  Reopen();
  const absl::StatusOr<std::string> answer = Ask("villain");
  EXPECT_EQ(ReasonOf(answer), base::Reason::kRequestIdReused);
  EXPECT_EQ(base::GetErrorDetail(answer.status()).metadata.at("field"), "display_name");
}

TEST_F(JournalTest, TheSameIdOfAnotherTenantIsAnotherCall) {
  model::AssetGroup group = Group();
  journal_->Accepted(Own(), &group, nullptr);
  JournalEntry call = Call("hero", "other");
  EXPECT_EQ(Begin(call, Said()), Role::kOwner);
  journal_->Failed(call, Acceptance::kNotAccepted, absl::UnavailableError(""));
}

TEST_F(JournalTest, CallsWithoutAnIdAreEachTheirOwn) {
  for (int i = 0; i < 2; ++i) {
    JournalEntry call = Call();
    call.key.request_id.clear();
    EXPECT_EQ(Begin(call, Said()), Role::kOwner);
    EXPECT_TRUE(base::IsUuid(call.key.request_id));
    journal_->Failed(call, Acceptance::kNotAccepted, absl::UnavailableError(""));
  }
}

TEST_F(JournalTest, ARefusalIsRepeatedWithItsDetails) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kInputModeration;
  detail.metadata = {{"upstream_code", "SensitiveContent"}};
  const absl::Status refusal = base::MakeError("the picture shows a person", detail);
  journal_->Failed(Own(), Acceptance::kRefused, refusal);
  EXPECT_EQ(first_.Wait().status(), refusal);
  EXPECT_EQ(Ask().status(), refusal);
  Reopen();
  EXPECT_EQ(Ask().status(), refusal);
}

TEST_F(JournalTest, ALostAnswerIsOutcomeUnknownForEverAndNeverSentAgain) {
  journal_->Failed(Own(), Acceptance::kUnknown, absl::UnavailableError("connection reset"));
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kOutcomeUnknown);
  for (int round = 0; round < 3; ++round) {
    const absl::StatusOr<std::string> answer = Ask();
    EXPECT_EQ(ReasonOf(answer), base::Reason::kOutcomeUnknown);
    EXPECT_NE(answer.status().message().find("connection reset"), absl::string_view::npos);
    Reopen();
  }
}

TEST_F(JournalTest, ACallThatWasUnderWayWhenTheProcessDiedIsInDoubt) {
  (void)Own();
  Reopen();
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown);
  EXPECT_EQ(store_->GetEntry(Call().key).value()->state, model::JournalState::kInDoubt);
}

TEST_F(JournalTest, WhatSurelyWasNotAcceptedMayBeSentAgain) {
  const absl::Status busy = Failure(base::Reason::kRateLimited, "busy");
  journal_->Failed(Own(), Acceptance::kNotAccepted, busy);
  EXPECT_EQ(first_.Wait().status(), busy);
  EXPECT_FALSE(journal_->FindEarlier(Call().key).value().has_value());
  first_ = Said();
  model::AssetGroup group = Group();
  journal_->Accepted(Own(), &group, nullptr);
  EXPECT_TRUE(first_.Wait().ok());
  EXPECT_TRUE(journal_->FindEarlier(Call().key).value().has_value());
}

TEST_F(JournalTest, WhatMayBeSentAgainMustBeTheSameRequest) {
  journal_->Failed(Own("hero"), Acceptance::kNotAccepted, absl::UnavailableError(""));
  EXPECT_EQ(ReasonOf(Ask("villain")), base::Reason::kRequestIdReused);
}

TEST_F(JournalTest, NothingIsSentWhenTheJournalCannotBeWritten) {
  store_->failing_begins = 1;
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kStoreUnavailable);
  const JournalEntry call = Own();
  journal_->Failed(call, Acceptance::kNotAccepted, absl::UnavailableError(""));
}

TEST_F(JournalTest, AnEndThatCannotBeWrittenLeavesDoubt) {
  const JournalEntry call = Own();
  model::AssetGroup group = Group();
  store_->failing_finishes = 100;
  journal_->Accepted(call, &group, nullptr);
  // Not STORE_UNAVAILABLE, which would invite to pay again.
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown);
  Reopen();
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown);
}

TEST_F(JournalTest, AnEndThatComesTooLateIsNotCountedHere) {
  base::Metrics metrics;
  journal_ = std::make_unique<Journal>(*store_, resolver_, clock_, random_, &metrics);
  store_->late_finishes = 1;
  journal_->Failed(Own(), Acceptance::kRefused, Failure(base::Reason::kInputModeration, "no"));
  EXPECT_FALSE(first_.Wait().ok());
  EXPECT_EQ(metrics.Scrape().find("seedance_journal_entries_total{"), std::string::npos) << metrics.Scrape();
  JournalEntry other = Call();
  other.key.request_id = "another";
  const Said said;
  ASSERT_EQ(Begin(other, said), Role::kOwner);
  journal_->Failed(other, Acceptance::kRefused, Failure(base::Reason::kInputModeration, "no"));
  EXPECT_FALSE(said.Wait().ok());
  EXPECT_NE(metrics.Scrape().find("end=\"refused\""), std::string::npos) << metrics.Scrape();
}

TEST_F(JournalTest, AnEndThatCouldNotBeWrittenIsWrittenInTheBackground) {
  journal_->Start();
  JournalEntry call = Call();
  call.claim = model::AssetClaim{{"fake", "g1"}, "hero"};
  ASSERT_EQ(Begin(call, first_), Role::kOwner);
  store_->failing_finishes = 3;
  journal_->Failed(call, Acceptance::kNotAccepted, absl::UnavailableError("no connection"));
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kStoreUnavailable);
  ASSERT_EQ(journal_->InDoubt()->size(), 1u) << "it is listed";
  EXPECT_EQ(journal_->InDoubt()->front().state, model::JournalState::kNotAccepted);
  const auto is_claimed = [&] { return store_->FindClaimConflict("other", *call.claim, clock_.Now())->has_value(); };
  EXPECT_TRUE(is_claimed());
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(UnwrittenEnds::kPause);
    return journal_->InDoubt()->empty();
  }));
  EXPECT_EQ(store_->GetEntry(call.key).value()->state, model::JournalState::kNotAccepted);
  EXPECT_FALSE(is_claimed());
}

TEST_F(JournalTest, WhoeverAsksAgainWritesAnEndThatCouldNotBeWritten) {
  store_->failing_finishes = 3;
  journal_->Failed(Own(), Acceptance::kRefused, Failure(base::Reason::kInputModeration, "no"));
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kStoreUnavailable);
  store_->failing_finishes = 1;
  EXPECT_EQ(ReasonOf(Ask("villain")), base::Reason::kRequestIdReused);
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kStoreUnavailable) << "not OUTCOME_UNKNOWN: it is known";
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kInputModeration);
  Reopen();
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kInputModeration);
}

TEST_F(JournalTest, AnAcceptedCallThatIsWrittenLateIsTold) {
  model::AssetGroup group = Group();
  store_->failing_finishes = 3;
  journal_->Accepted(Own(), &group, nullptr);
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(journal_->Settle(Call().key, std::nullopt)), base::Reason::kCreationNotInDoubt)
      << "nobody's word against what is known";
  EXPECT_EQ(*Ask(), "assetGroups/fake~g1");
  EXPECT_TRUE(store_->GetGroup(group.handle).ok());
  EXPECT_EQ(resolver_.found, std::vector<std::string>{"assetGroups/fake~g1"});
}

TEST_F(JournalTest, AStopWritesWhatCouldNotBeWritten) {
  store_->failing_finishes = 3;
  model::AssetGroup group = Group();
  journal_->Accepted(Own(), &group, nullptr);
  journal_->Stop();
  Reopen();
  EXPECT_EQ(*Ask(), "assetGroups/fake~g1");
}

TEST_F(JournalTest, WhatTheCallerKeepsItselfIsAnsweredByItsName) {
  journal_->AcceptedAs(Own(), "assets/fake~a-2");
  EXPECT_EQ(*first_.Wait(), "assets/fake~a-2");
  Reopen();
  EXPECT_EQ(*Ask(), "assets/fake~a-2");
}

TEST_F(JournalTest, AnEndIsWrittenAgainWhenTheStoreFailsOnce) {
  const JournalEntry call = Own();
  model::AssetGroup group = Group();
  store_->failing_finishes = 1;
  journal_->Accepted(call, &group, nullptr);
  EXPECT_EQ(*first_.Wait(), group.name());
}

TEST_F(JournalTest, ACallThatAnExistingResourceAnswersIsJournalledAsDone) {
  JournalEntry call = Call();
  const Said said;
  journal_->AnswerAs(call, "assets/fake~a", {{std::string(kReusedField), "1"}}, said.done());
  EXPECT_EQ(*said.Wait(), "assets/fake~a");
  EXPECT_EQ(FieldOf((*journal_->FindEarlier(call.key))->fingerprint, kReusedField), "1");
  Reopen();
  EXPECT_EQ(*Ask(), "assets/fake~a");
  JournalEntry again = Call();
  const Said second;
  journal_->AnswerAs(again, "assets/fake~b", {}, second.done());
  EXPECT_EQ(*second.Wait(), "assets/fake~a") << "the first answer stays";
}

TEST_F(JournalTest, ACallThatBrokeOffMayBeAnsweredByAnExistingResource) {
  journal_->Failed(Own(), Acceptance::kNotAccepted, Failure(base::Reason::kCancelled, "gone"));
  JournalEntry call = Call();
  const Said said;
  journal_->AnswerAs(call, "assets/fake~a", {{std::string(kReusedField), "1"}}, said.done());
  EXPECT_EQ(*said.Wait(), "assets/fake~a");
}

TEST_F(JournalTest, WhatALookFindsEndsTheDoubtForAll) {
  journal_->Failed(Own(), Acceptance::kUnknown, absl::UnavailableError("connection reset"));
  int looks = 0;
  resolver_.look = [&](const JournalEntry& row, Journal::Looked done) {
    EXPECT_EQ(row.key, Call().key);
    EXPECT_EQ(journal_->Unsettled()->size(), 1u);
    if (++looks == 1) return done(std::nullopt);
    done(Journal::Found{Group(), std::nullopt});
  };
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown);
  EXPECT_EQ(ReasonOf(Ask("villain")), base::Reason::kRequestIdReused);
  EXPECT_EQ(*Ask(), "assetGroups/fake~g1");
  EXPECT_EQ(looks, 2);
  EXPECT_TRUE(store_->GetGroup({"fake", "g1"}).ok());
  EXPECT_TRUE(store_->GetEntry(Call().key).value()->error.empty());
  EXPECT_TRUE(journal_->Unsettled()->empty());
  Reopen();
  EXPECT_EQ(*Ask(), "assetGroups/fake~g1");
}

TEST_F(JournalTest, ALookByItselfIsOverWhenNothingIsInDoubt) {
  std::vector<bool> over;
  const auto note = [&over](const absl::StatusOr<bool>& is_over) { over.push_back(is_over.value()); };
  journal_->LookAgain(Call().key, note);
  const JournalEntry call = Own();
  journal_->LookAgain(call.key, note);
  journal_->Failed(call, Acceptance::kUnknown, absl::UnavailableError(""));
  journal_->LookAgain(call.key, note);
  resolver_.look = [&](const JournalEntry&, Journal::Looked done) { done(Journal::Found{Group(), std::nullopt}); };
  journal_->LookAgain(call.key, note);
  journal_->LookAgain(call.key, note);
  EXPECT_EQ(over, (std::vector<bool>{true, false, false, true, true}))
      << "no row; under way; no way to look; found; settled before";
}

TEST_F(JournalTest, ALookThatFailsTellsWhy) {
  const JournalEntry call = Own();
  journal_->Failed(call, Acceptance::kUnknown, absl::UnavailableError(""));
  resolver_.look = [](const JournalEntry&, Journal::Looked done) { done(absl::ResourceExhaustedError("429")); };
  absl::StatusOr<bool> over = false;
  journal_->LookAgain(call.key, [&over](const absl::StatusOr<bool>& is_over) { over = is_over; });
  EXPECT_TRUE(absl::IsResourceExhausted(over.status()));
  EXPECT_EQ(ReasonOf(Ask()), base::Reason::kOutcomeUnknown) << "callers learn what they did before";
}

TEST_F(JournalTest, EveryDoubtIsTold) {
  journal_->Failed(Own(), Acceptance::kNotAccepted, absl::UnavailableError(""));
  EXPECT_EQ(resolver_.doubts, 0);
  first_ = Said();
  const JournalEntry call = Own();
  store_->failing_finishes = 100;
  model::AssetGroup group = Group();
  journal_->Accepted(call, &group, nullptr);
  EXPECT_EQ(resolver_.doubts, 1);
  ASSERT_EQ(journal_->Unsettled()->size(), 1u) << "though the journal says that it is under way";
}

// As if another process had begun a call, and were sending it.
class ElsewhereTest : public JournalTest {
 protected:
  ElsewhereTest() {
    EXPECT_TRUE(store_->BeginEntry(sent_, nullptr).ok());
    store_->sender = 7;
    journal_->Start();
    JournalEntry call = Call();
    EXPECT_EQ(Begin(call, first_), Role::kAnswered);
    clock_.Advance(absl::Minutes(1));
    EXPECT_EQ(first_.count(), 0) << "its end is awaited";
  }

  void End(model::JournalState state) {
    sent_.state = state;
    sent_.resource_name = "assetGroups/fake~g1";
    sent_.error = base::SerializeStatus(Failure(base::Reason::kOutcomeUnknown, "lost"));
    EXPECT_TRUE(store_->FinishEntry(sent_, nullptr, nullptr).ok());
  }
  bool Answered() {
    return Eventually([&] {
      clock_.Advance(absl::Milliseconds(100));
      return first_.count() == 1;
    });
  }

  JournalEntry sent_ = Call();
};

TEST_F(ElsewhereTest, CallersGetTheAnswerOfTheProcessThatSends) {
  Said second;
  JournalEntry call = Call();
  EXPECT_EQ(Begin(call, second), Role::kAnswered);
  EXPECT_EQ(ReasonOf(Ask("another name")), base::Reason::kRequestIdReused);
  End(model::JournalState::kDone);
  ASSERT_TRUE(Answered());
  EXPECT_EQ(*first_.Wait(), "assetGroups/fake~g1");
  EXPECT_EQ(*second.Wait(), "assetGroups/fake~g1");
}

TEST_F(ElsewhereTest, WhatIsInDoubtByTheDeathOfThatProcessIsLookedFor) {
  resolver_.look = [this](const JournalEntry&, Journal::Looked done) { done(Journal::Found{Group(), std::nullopt}); };
  End(model::JournalState::kInDoubt);
  ASSERT_TRUE(Answered());
  EXPECT_EQ(*first_.Wait(), "assetGroups/fake~g1");
}

TEST_F(ElsewhereTest, ALookByItselfLeavesItAlone) {
  absl::StatusOr<bool> over = true;
  journal_->LookAgain(sent_.key, [&](absl::StatusOr<bool> is_over) { over = is_over; });
  EXPECT_FALSE(*over);
  EXPECT_EQ(first_.count(), 0);
  EXPECT_EQ(journal_->Unsettled()->size(), 1u);
}

TEST_F(ElsewhereTest, AStopAnswersThoseWhoWait) {
  journal_->Stop();
  EXPECT_EQ(ReasonOf(first_.Wait()), base::Reason::kUpstreamUnavailable);
}

TEST_F(JournalTest, FieldsThatTheJournalLearntLaterAreNotCompared) {
  EXPECT_EQ(FirstDifferenceFromJournal({{"a", "1"}, {"chunk", "hash"}}, {{"a", "1"}}), "");
  EXPECT_EQ(FirstDifferenceFromJournal({{"a", "1"}, {"chunk", "hash"}}, {{"a", "2"}}), "a");
  EXPECT_EQ(FirstDifferenceFromJournal({{"a", "1"}, {"reused", "1"}, {"chunk", "hash"}}, {{"a", "1"}}), "");
  EXPECT_EQ(FirstDifferenceFromJournal({{"a", "1"}, {"flag", "1"}, {"chunk", "hash"}}, {{"a", "1"}}), "flag");
  EXPECT_EQ(FirstDifferenceFromJournal({{"a", "1"}}, {{"a", "1"}, {"b", "2"}}), "b");
}

}  // namespace
}  // namespace seedance::engine
