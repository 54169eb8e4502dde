#include <signal.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace seedance::store::postgres {
namespace {

class OutageTest : public PostgresTest {};

TEST_F(OutageTest, CrashOfTheServerInTheMiddleOfWritesLosesNothingAcknowledged) {
  const std::unique_ptr<Store> store = Open();
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::atomic<int> written = 0;
  std::vector<std::vector<std::string>> acknowledged(3);
  std::vector<std::thread> writers;
  for (size_t i = 0; i < acknowledged.size(); ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) {
        const std::string id = absl::StrCat(i, "-", n);
        if (Put(*store, id) == "OK") {
          acknowledged[i].push_back(id);
          ++written;
        } else {
          ++failed;
        }
      }
    });
  }
  EXPECT_TRUE(Eventually([&] { return written > 20; }));
  server().StopAtOnce();
  EXPECT_TRUE(Eventually([&] { return failed > 20; }));
  ASSERT_TRUE(server().Start().ok()) << server().Log();
  const int then = written;
  EXPECT_TRUE(Eventually([&] { return written > then + 20; }));
  stop = true;
  for (std::thread& writer : writers) writer.join();
  for (const auto& ids : acknowledged) {
    for (const std::string& id : ids) EXPECT_EQ(Get(*store, id), "OK") << id;
  }
}

TEST_F(OutageTest, IdleSessionsThatEndedAreNoticedByNobody) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(Put(*store, "a"), "OK");
  ASSERT_TRUE(Has(*store, "a"));
  EndSessions();
  EXPECT_EQ(Put(*store, "b"), "OK");
  EndSessions();
  EXPECT_EQ(Get(*store, "b"), "OK");
}

TEST_F(OutageTest, ReadOnlyServerIsRead) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(Put(*store, "a"), "OK");
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("ALTER DATABASE postgres SET default_transaction_read_only = on");
  EndSessions();
  EXPECT_EQ(Put(*store, "b"), "read_only");
  EXPECT_EQ(Get(*store, "a"), "OK");
  EXPECT_EQ(CauseOfStatus(store->Probe(absl::Now(), absl::ZeroDuration()).status), "read_only");
  raw->Execute("ALTER DATABASE postgres RESET default_transaction_read_only");
  EndSessions();
  EXPECT_TRUE(Eventually([&] { return Put(*store, "b") == "OK"; }));
}

TEST_F(OutageTest, ServerWithoutFreeConnections) {
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(Put(*store, "a"), "OK");
  std::vector<std::unique_ptr<Connection>> all;
  std::string refused;
  while (refused.empty() && all.size() < 500) {
    try {
      all.push_back(Raw());
    } catch (const PostgresError& error) {
      refused = error.sqlstate();
    }
  }
  EXPECT_EQ(refused, "53300");
  EXPECT_EQ(Get(*store, "a"), "out_of_connections");
  EXPECT_EQ(Put(*store, "b"), "OK") << "it has its connection";
  all.clear();
  EXPECT_TRUE(Eventually([&] { return Get(*store, "a") == "OK"; }));
}

TEST_F(OutageTest, CommitThatWaitsForAStandbyIsNotSaidToBeDone) {
  options_.statement_timeout = options_.lock_timeout = absl::Milliseconds(500);
  options_.commit_wait = absl::Seconds(4);
  const std::unique_ptr<Store> store = Open();
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  raw->Row("SELECT pg_reload_conf()");
  ASSERT_TRUE(Eventually([&] { return Raw()->Row("SHOW synchronous_standby_names").front() == "nobody"; }));
  EXPECT_EQ(Put(*store, "a"), "commit_unknown");
  raw->Execute("ALTER SYSTEM RESET synchronous_standby_names");
  raw->Row("SELECT pg_reload_conf()");
  EXPECT_TRUE(Eventually([&] { return Put(*store, "b") == "OK"; }));
}

TEST_F(OutageTest, ServerThatHangsIsNotWaitedForForEver) {
  options_.statement_timeout = options_.lock_timeout = absl::Milliseconds(500);
  const std::unique_ptr<Store> store = Open();
  const std::unique_ptr<Connection> raw = Raw();
  const std::vector<std::string> writer = raw->Row(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'seedance-gateway' ORDER BY backend_start DESC");
  ASSERT_EQ(writer.size(), 1u);
  const pid_t process = std::stoi(writer.front());
  kill(process, SIGSTOP);
  EXPECT_EQ(Put(*store, "a"), "no_answer");
  EXPECT_EQ(Put(*store, "a"), "locked") << "by the session that hangs";
  kill(process, SIGCONT);
  EXPECT_TRUE(Eventually([&] { return Put(*store, "a") == "OK"; }));
}

TEST_F(OutageTest, LockThatAnotherProgramHoldsIsWaitedForInVain) {
  options_.lock_timeout = absl::Milliseconds(100);
  const std::unique_ptr<Store> store = Open();
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("BEGIN; SELECT * FROM store_meta FOR UPDATE");
  EXPECT_EQ(Put(*store, "a"), "lock_timeout");
  raw->Execute("ROLLBACK");
  EXPECT_EQ(Put(*store, "a"), "OK");
}

TEST_F(OutageTest, StatementThatTakesTooLongIsGivenUp) {
  options_.statement_timeout = absl::Milliseconds(500);
  options_.lock_timeout = absl::Minutes(1);
  const std::unique_ptr<Store> store = Open();
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("BEGIN; LOCK TABLE asset_groups IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(Get(*store, "a"), "statement_timeout");
  EXPECT_EQ(Put(*store, "a"), "statement_timeout");
  raw->Execute("ROLLBACK");
  EXPECT_EQ(Put(*store, "a"), "OK");
  EXPECT_EQ(Get(*store, "a"), "OK");
}

TEST_F(OutageTest, FailedWriteOfABatchUndoesItselfAndNoOther) {
  const std::unique_ptr<Store> store = Open();
  const model::GenerationTask task = testing::MakeTask("taken");
  ASSERT_TRUE(store->BeginEntry(testing::MakeCall("first"), &task).ok());
  const std::unique_ptr<Connection> raw = Raw();
  raw->Execute("BEGIN; SELECT * FROM store_meta FOR UPDATE");
  // All but the first one queue up behind it and share a transaction. Every other one writes its entry, and then fails
  // because its task exists.
  std::vector<std::string> causes(9);
  std::atomic<size_t> begun = 0;
  std::vector<std::thread> writers;
  for (size_t i = 0; i < causes.size(); ++i) {
    writers.emplace_back([&, i] {
      const model::GenerationTask own = testing::MakeTask(i % 2 == 0 ? absl::StrCat("own-", i) : task.id);
      ++begun;
      causes[i] = CauseOfStatus(store->BeginEntry(testing::MakeCall(absl::StrCat(i)), &own).status());
    });
  }
  EXPECT_TRUE(Eventually([&] { return begun == causes.size(); }));
  raw->Execute("ROLLBACK");
  for (std::thread& writer : writers) writer.join();
  for (size_t i = 0; i < causes.size(); ++i) {
    EXPECT_EQ(causes[i], i % 2 == 0 ? "OK" : "constraint");
    EXPECT_EQ(store->GetEntry(testing::MakeCall(absl::StrCat(i)).key)->has_value(), i % 2 == 0) << i;
  }
}

}  // namespace
}  // namespace seedance::store::postgres
