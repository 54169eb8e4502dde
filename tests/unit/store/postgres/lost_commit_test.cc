#include "tests/testing/postgres_gate.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

using testing::PostgresGate;
using Next = testing::PostgresGate::NextCommit;

// A store whose connections pass a gate.
class LostCommitTest : public PostgresTest {
 protected:
  LostCommitTest() {
    options_.connection = PostgresProcess::ConnectionThrough(gate_.folder());
    // The server is reached again, however busy the machine is.
    options_.commit_wait = absl::Seconds(20);
    store_ = Open();
  }
  // For an outcome that cannot be learnt.
  void WaitOneSecondOnly() {
    store_.reset();
    options_.commit_wait = absl::Seconds(1);
    store_ = Open();
  }

  PostgresGate gate_{server().folder()};
  std::unique_ptr<Store> store_;
};

TEST_F(LostCommitTest, WriteThatWasCommittedIsOkThoughTheAnswerWasLost) {
  const int64_t before = store_->PutGroup(MakeGroup("before"))->revision;
  gate_.SetNextCommit(Next::kUnanswered);
  const auto written = store_->PutGroup(MakeGroup("lost"));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->revision, before + 1);
  EXPECT_EQ(store_->GetGroup(MakeGroup("lost").handle)->revision, before + 1);
  EXPECT_EQ(store_->PutGroup(MakeGroup("after"))->revision, before + 2);
}

TEST_F(LostCommitTest, WriteWhoseCommitNeverArrivedIsNotWritten) {
  gate_.SetNextCommit(Next::kNeverSent);
  EXPECT_EQ(Put(*store_, "lost"), "connection_lost");
  EXPECT_FALSE(Has(*store_, "lost"));
  EXPECT_EQ(Put(*store_, "after"), "OK");
}

TEST_F(LostCommitTest, SessionThatTheServerTakesForAliveIsEnded) {
  gate_.SetNextCommit(Next::kHeld);
  EXPECT_EQ(Put(*store_, "lost"), "connection_lost");
  EXPECT_FALSE(Has(*store_, "lost"));
  // It held the lock of the store and of its row.
  EXPECT_EQ(Put(*store_, "after"), "OK");
}

TEST_F(LostCommitTest, UnknownOutcomeIsSaidAndTheJournalDecides) {
  WaitOneSecondOnly();
  model::JournalEntry entry = testing::MakeCall("request");
  gate_.CloseToAllAfterCommit();
  gate_.SetNextCommit(Next::kUnanswered);
  EXPECT_EQ(CauseOfStatus(store_->BeginEntry(entry, nullptr).status()), "commit_unknown");
  EXPECT_FALSE(store_->Probe(absl::Now(), absl::Hours(1)).status.ok()) << "a failed write makes the last check void";
  gate_.Open();
  ASSERT_TRUE(Eventually([&] { return Put(*store_, "after") == "OK"; }));
  const auto again = store_->BeginEntry(entry, nullptr);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->existing.has_value()) << "it was committed";
}

TEST_F(LostCommitTest, UnknownOutcomeOfWhatNeverArrivedWroteNothing) {
  WaitOneSecondOnly();
  gate_.CloseToAllAfterCommit();
  gate_.SetNextCommit(Next::kNeverSent);
  EXPECT_EQ(Put(*store_, "lost"), "commit_unknown");
  gate_.Open();
  ASSERT_TRUE(Eventually([&] { return Put(*store_, "after") == "OK"; }));
  EXPECT_FALSE(Has(*store_, "lost"));
}

TEST_F(LostCommitTest, StoreWithoutItsServerFailsAtOnceAndComesBack) {
  ASSERT_EQ(Put(*store_, "before"), "OK");
  ASSERT_TRUE(Has(*store_, "before"));
  gate_.CloseToAll();
  EndSessions();
  EXPECT_EQ(Put(*store_, "during"), "connection_lost");
  EXPECT_EQ(Get(*store_, "before"), "connection_lost");
  EXPECT_FALSE(store_->Probe(absl::Now(), absl::ZeroDuration()).status.ok());
  gate_.Open();
  EXPECT_TRUE(Eventually([&] { return Put(*store_, "after") == "OK"; }));
  EXPECT_TRUE(Eventually([&] { return Has(*store_, "before"); }));
  EXPECT_TRUE(store_->Probe(absl::Now(), absl::ZeroDuration()).status.ok());
}

}  // namespace
}  // namespace seedance::store::postgres
