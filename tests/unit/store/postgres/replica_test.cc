#include "service/store/postgres/replica.h"

#include <atomic>
#include <cstdio>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

// A store that shares its schema, and what its ownership told.
class Sharer {
 public:
  Sharer(std::unique_ptr<Store> store, std::string name) : store_(std::move(store)), name_(std::move(name)) {
    EXPECT_TRUE(store_->ownership()
                    .Start({[this](const ShardSet& shards) { return OnGain(shards); },
                            [this](const ShardSet& shards) { OnLoss(shards); }, [this] { ++writes_; }})
                    .ok());
  }

  Store& store() { return *store_; }
  Ownership& ownership() { return store_->ownership(); }
  ShardSet Owned() {
    ShardSet owned;
    for (size_t shard = 0; shard < kShards; ++shard) owned.set(shard, ownership().Owns(shard));
    return owned;
  }
  // As the listener knows it.
  ShardSet Told() {
    base::MutexLock lock(mutex_);
    return told_;
  }
  void FailGains(int count) {
    base::MutexLock lock(mutex_);
    failing_ = count;
  }
  int writes() const { return writes_; }
  int gains() {
    base::MutexLock lock(mutex_);
    return gains_;
  }

 private:
  absl::Status OnGain(const ShardSet& shards) {
    base::MutexLock lock(mutex_);
    ++gains_;
    if (failing_-- > 0) return base::StoreUnavailable("test");
    EXPECT_TRUE((told_ & shards).none()) << name_ << " was told twice";
    told_ |= shards;
    return absl::OkStatus();
  }
  void OnLoss(const ShardSet& shards) {
    base::MutexLock lock(mutex_);
    told_ &= ~shards;
  }

  const std::unique_ptr<Store> store_;
  const std::string name_;
  base::Mutex mutex_;
  ShardSet told_;
  std::atomic<int> writes_ = 0;
  int failing_ = 0;
  int gains_ = 0;
};

class ReplicaTest : public PostgresTest {
 protected:
  ReplicaTest() {
    options_.replica = ReplicaOptions();
    options_.replica->lease = absl::Seconds(10);
    options_.replica->beat = absl::Milliseconds(50);
  }

  std::unique_ptr<Sharer> Share(const std::string& name, base::Clock& clock = base::RealClock()) {
    options_.replica->name = name;
    options_.clock = &clock;
    return std::make_unique<Sharer>(Open(), name);
  }

  // A task whose shard the replica owns.
  static std::string IdOf(Sharer& sharer, const std::string& stem) {
    for (int i = 0;; ++i) {
      std::string id = absl::StrCat(stem, i);
      if (sharer.ownership().OwnsId(id)) return id;
    }
  }
  static std::string Add(Sharer& sharer, const std::string& id) {
    const model::GenerationTask task = testing::MakeTask(id);
    model::JournalEntry call = testing::MakeCall(id);
    call.resource_name = task.name();
    return CauseOfStatus(sharer.store().BeginEntry(call, &task).status());
  }
  static std::string Work(Sharer& sharer, const std::string& id,
                          model::TaskState state = model::TaskState::kUnspecified) {
    const absl::Status worked = sharer.store()
                                    .UpdateOwnedTask(id,
                                                     [&](model::GenerationTask& task) {
                                                       if (state != model::TaskState::kUnspecified) task.state = state;
                                                       return absl::OkStatus();
                                                     })
                                    .status();
    return absl::IsAborted(worked) ? "not_owner" : CauseOfStatus(worked);
  }
  static bool OwnAll(const std::vector<Sharer*>& sharers) {
    ShardSet all;
    for (Sharer* sharer : sharers) {
      const ShardSet owned = sharer->Owned();
      if ((all & owned).any() || sharer->Told() != owned) return false;
      all |= owned;
    }
    return all.all();
  }
};

TEST_F(ReplicaTest, OneOwnsAll) {
  const auto one = Share("one");
  EXPECT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  EXPECT_TRUE(one->ownership().Leads());
  EXPECT_EQ(Add(*one, "task"), "OK");
  EXPECT_EQ(Work(*one, "task"), "OK");
  EXPECT_EQ(one->store().PeekTask("task"), nullptr) << "another replica may change it";
}

TEST_F(ReplicaTest, OperatorsSeeAllReplicasAndTheirShards) {
  base::Metrics metrics;
  options_.metrics = &metrics;
  const auto one = Share("one");
  options_.metrics = nullptr;
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  const auto two = Share("two");
  ASSERT_TRUE(Eventually([&] { return two->Owned().count() == 64 && one->Told().count() == 64; }));
  const std::vector<ReplicaInfo> seen = *two->ownership().ListReplicas();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_LT(seen[0].number, seen[1].number);
  for (const bool second : {false, true}) {
    const ReplicaInfo& replica = seen[second ? 1 : 0];
    EXPECT_EQ(replica.name, second ? "two" : "one");
    EXPECT_EQ(replica.shards, 64);
    EXPECT_EQ(replica.self, second);
    EXPECT_GT(replica.lease_left, absl::Seconds(5));
    EXPECT_LE(replica.lease_left, absl::Seconds(10));
  }
  const std::string text = metrics.Scrape();
  for (const char* line :
       {"seedance_store_shards 64\n", "seedance_store_replicas 2\n",
        "seedance_store_shard_moves_total{direction=\"gained\"} 128\n",
        "seedance_store_shard_moves_total{direction=\"lost\"} 64\n", "seedance_store_connections_in_use 0\n"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  }
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("seedance_store_lease_seconds 0\n")));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("seedance_store_transaction_seconds_count 0\n")));
}

TEST_F(ReplicaTest, NewcomersGetTheirPartAndNoShardHasTwoOwners) {
  const auto one = Share("one");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  const auto two = Share("two");
  const auto three = Share("three");
  EXPECT_TRUE(Eventually([&] {
    const ShardSet first = one->Owned();
    const ShardSet second = two->Owned();
    const ShardSet third = three->Owned();
    // Read in the order in which they give: one that was given meanwhile is in neither.
    EXPECT_TRUE((second & third).none());
    return first.count() == 43 && second.count() == 43 && third.count() == 42;
  }));
  EXPECT_TRUE(Eventually([&] { return OwnAll({one.get(), two.get(), three.get()}); }));
}

TEST_F(ReplicaTest, OneThatStopsGivesItsShardsAtOnce) {
  const auto one = Share("one");
  const auto two = Share("two");
  ASSERT_TRUE(Eventually([&] { return one->Owned().count() == 64 && two->Owned().count() == 64; }));
  one->ownership().Stop();
  EXPECT_TRUE(one->Owned().none());
  const std::unique_ptr<Connection> raw = Raw();
  EXPECT_EQ(raw->Row("SELECT count(*) FROM shards WHERE owner = (SELECT max(number) FROM replicas)")[0], "128");
  EXPECT_TRUE(Eventually([&] { return OwnAll({two.get()}); }));
  // It can still write what is nobody's work.
  EXPECT_EQ(Put(one->store(), "group"), "OK");
}

TEST_F(ReplicaTest, ShardsOfOneThatSleepsAreTakenAndItsWorkIsRefused) {
  options_.replica->lease = absl::Seconds(1);
  base::SimulatedClock sleeping(absl::Now());
  const auto one = Share("one", sleeping);
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  ASSERT_EQ(Add(*one, "task"), "OK");
  const auto two = Share("two");
  EXPECT_TRUE(Eventually([&] { return OwnAll({two.get()}); }));
  EXPECT_TRUE(one->ownership().OwnsId("task")) << "its own clock stands still";
  EXPECT_EQ(Work(*one, "task"), "not_owner");
  EXPECT_EQ(Add(*one, "other"), "not_owner");
  EXPECT_FALSE(one->store().GetTask("other").ok()) << "nothing was written";
  EXPECT_EQ(Work(*two, "task"), "OK");

  // It wakes: it owns nothing, not even before it knows what became of its lease.
  sleeping.Advance(absl::Seconds(1));
  EXPECT_FALSE(one->ownership().OwnsId("task"));
  EXPECT_TRUE(Eventually([&] {
    sleeping.Advance(absl::Milliseconds(50));
    return OwnAll({one.get(), two.get()}) && one->Owned().count() == 64;
  }));
  const std::unique_ptr<Connection> raw = Raw();
  EXPECT_EQ(raw->Row("SELECT min(number), max(number) FROM replicas"), (std::vector<std::string>{"2", "3"}))
      << "its former number is never used again";
}

TEST_F(ReplicaTest, LeaseThatCannotBeRenewedIsNotRelied) {
  options_.replica->lease = absl::Seconds(1);
  base::SimulatedClock clock(absl::Now());
  const auto one = Share("one", clock);
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("BEGIN; SELECT 1 FROM store_meta FOR UPDATE");
  clock.Advance(absl::Milliseconds(790));
  EXPECT_TRUE(one->ownership().Owns(1));
  clock.Advance(absl::Milliseconds(20));
  EXPECT_FALSE(one->ownership().Owns(1)) << "another one may have them soon";
  raw->Execute("ROLLBACK");
  EXPECT_TRUE(Eventually([&] {
    clock.Advance(absl::Milliseconds(50));
    return OwnAll({one.get()});
  }));
}

TEST_F(ReplicaTest, ShardWithATaskOnItsWayStays) {
  const auto one = Share("one");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  std::set<size_t> busy;
  std::vector<std::string> ids;
  for (int i = 0; busy.size() < 70; ++i) {
    const std::string id = absl::StrCat("task", i);
    if (!busy.insert(ShardOf(id)).second) continue;
    ids.push_back(id);
    ASSERT_EQ(Add(*one, id), "OK");
    ASSERT_EQ(Work(*one, id, model::TaskState::kSubmitting), "OK");
  }
  const auto two = Share("two");
  EXPECT_TRUE(Eventually([&] { return one->Owned().count() == 70 && two->Owned().count() == 58; }));
  for (const size_t shard : busy) EXPECT_TRUE(one->ownership().Owns(shard));
  for (const std::string& id : ids) ASSERT_EQ(Work(*one, id, model::TaskState::kQueued), "OK");
  EXPECT_TRUE(Eventually([&] { return one->Owned().count() == 64 && two->Owned().count() == 64; }));
}

TEST_F(ReplicaTest, WorkOfShardsThatMovedIsRefused) {
  const auto one = Share("one");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    ids.push_back(absl::StrCat("task", i));
    ASSERT_EQ(Add(*one, ids.back()), "OK");
  }
  const auto two = Share("two");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get(), two.get()}) && two->Owned().count() == 64; }));
  for (const std::string& id : ids) {
    const bool first = one->ownership().OwnsId(id);
    EXPECT_EQ(Work(*one, id), first ? "OK" : "not_owner") << id;
    EXPECT_EQ(Work(*two, id), first ? "not_owner" : "OK") << id;
    // What is not the owner's work anybody may write.
    EXPECT_TRUE(two->store().UpdateTask(id, [](model::GenerationTask&) { return absl::OkStatus(); }).ok());
  }
}

TEST_F(ReplicaTest, OnlyALiveSenderEndsItsRequest) {
  options_.replica->lease = absl::Seconds(4);
  base::SimulatedClock sleeping(absl::Now());
  const auto one = Share("one", sleeping);
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  const model::JournalEntry call = testing::MakeCall("call");
  ASSERT_TRUE(one->store().BeginEntry(call, nullptr).ok());
  const auto two = Share("two");
  // As long as its sender lives nobody else ends it, nor puts it in doubt.
  ASSERT_EQ((*two->store().GetEntry(call.key))->sender, 1);
  EXPECT_EQ((*two->store().BeginEntry(call, nullptr)).existing->state, model::JournalState::kInFlight);
  model::JournalEntry done = call;
  done.state = model::JournalState::kDone;
  EXPECT_TRUE(absl::IsAborted(two->store().FinishEntry(done, nullptr, nullptr)));
  EXPECT_EQ(*two->store().DoubtInFlightEntries("lost", absl::Now()), 0);

  const int gains = two->gains();
  EXPECT_TRUE(Eventually([&] { return OwnAll({two.get()}); }));
  EXPECT_GT(two->gains(), gains);
  EXPECT_EQ(*two->store().DoubtInFlightEntries("lost", absl::Now()), 1);
  // It wakes. What is in doubt may be settled by whoever knows; what is sent again is not its own.
  EXPECT_EQ(CauseOfStatus(one->store().BeginEntry(testing::MakeCall("other"), nullptr).status()), "no_lease");
  model::JournalEntry not_accepted = call;
  not_accepted.state = model::JournalState::kNotAccepted;
  ASSERT_TRUE(two->store().FinishEntry(not_accepted, nullptr, nullptr).ok());
  ASSERT_FALSE((*two->store().BeginEntry(call, nullptr)).existing.has_value());
  EXPECT_TRUE(absl::IsAborted(one->store().FinishEntry(done, nullptr, nullptr)));
  EXPECT_EQ((*two->store().GetEntry(call.key))->state, model::JournalState::kInFlight);
}

TEST_F(ReplicaTest, OneThatComesBackLeavesTheOthersALeaseToComeBackToo) {
  options_.replica->lease = absl::Seconds(2);
  const auto one = Share("one");
  const auto two = Share("two");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get(), two.get()}) && two->Owned().count() == 64; }));
  // As after an outage of the database: all leases are over.
  {
    const std::unique_ptr<Connection> raw = Raw();
    raw->Execute("BEGIN; SELECT 1 FROM store_meta FOR UPDATE");
    EXPECT_TRUE(Eventually([&] { return one->Owned().none() && two->Owned().none(); }));
    raw->Execute("UPDATE replicas SET until = now() - interval '1 hour'; COMMIT");
  }
  EXPECT_TRUE(Eventually([&] { return OwnAll({one.get(), two.get()}); }));
  EXPECT_EQ(Raw()->Row("SELECT count(*), max(number) FROM replicas"), (std::vector<std::string>{"2", "2"}));
}

TEST_F(ReplicaTest, CommitsThatAreLostAreNoticedThoughOthersCommitted) {
  const auto one = Share("one");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
  ASSERT_EQ(Put(one->store(), "a"), "OK");
  // A standby that had not received it is promoted, and another replica is faster.
  Raw()->Execute("UPDATE store_meta SET commits = commits + 10; UPDATE replicas SET commits = 0");
  EXPECT_TRUE(Eventually([&] { return Put(one->store(), "b") == "commits_lost"; }));
}

TEST_F(ReplicaTest, AStoreForOneGatewayWaitsForThoseThatShare) {
  const auto one = Share("one");
  options_.replica.reset();
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen().status()));
}

TEST_F(ReplicaTest, ThoseThatShareWaitForAStoreOfOneGateway) {
  const std::optional<ReplicaOptions> shared = std::exchange(options_.replica, std::nullopt);
  const std::unique_ptr<Store> sole = Open();
  options_.replica = shared;
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen().status()));
}

TEST_F(ReplicaTest, WritesOfOthersAreTold) {
  const auto one = Share("one");
  const auto two = Share("two");
  ASSERT_TRUE(Eventually([&] { return OwnAll({one.get(), two.get()}) && two->Owned().count() == 64; }));
  const int before = two->writes();
  const absl::Time begin = absl::Now();
  ASSERT_EQ(Put(one->store(), "group"), "OK");
  ASSERT_TRUE(Eventually([&] { return two->writes() > before; }));
  std::printf("told after %.1f ms\n", absl::ToDoubleMilliseconds(absl::Now() - begin));
  // Also when the notification is lost.
  EndSessions();
  const int after = two->writes();
  EXPECT_TRUE(Eventually([&] { return two->writes() >= after + 2; }));
}

TEST_F(ReplicaTest, GainThatFailsIsToldAgain) {
  options_.replica->name = "one";
  const auto one = std::make_unique<Sharer>(Open(), "one");
  one->FailGains(1);
  EXPECT_TRUE(Eventually([&] { return OwnAll({one.get()}); }));
}

TEST_F(ReplicaTest, RevisionsOfAllReplicasAreInTheOrderOfCommits) {
  const auto one = Share("one");
  const auto two = Share("two");
  std::vector<std::thread> threads;
  for (Sharer* sharer : {one.get(), two.get()}) {
    threads.emplace_back([sharer] {
      int64_t last = 0;
      for (int i = 0; i < 50; ++i) {
        const auto written = sharer->store().PutGroup(MakeGroup(absl::StrCat("group ", i)));
        ASSERT_TRUE(written.ok()) << written.status();
        EXPECT_GT(written->revision, last);
        last = written->revision;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Raw()->Row("SELECT revision FROM store_meta")[0], "100");
}

}  // namespace
}  // namespace seedance::store::postgres
