// Durable writes per second of the store in PostgreSQL against the store in SQLite, by one and by many threads, on the
// same disk. The server is on this machine, on a Unix socket: a network adds its round trips.
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/store/postgres/postgres_store.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/bench/bench.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/stored_tasks.h"
#include "tests/testing/postgres_process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::bench {
namespace {

using store::Store;

// Task and journal row in one transaction.
bool Create(Store& store) {
  const StoredTask stored = StoredTask::Running("vendor", std::string(200, 'x'));
  return store.BeginEntry(stored.call, &stored.task).ok();
}

bool Measure(Bench& bench, int writers, Store& postgres, Store& sqlite) {
  const absl::Duration time = absl::Milliseconds(bench.Number("milliseconds"));
  Row row;
  row.id = absl::StrCat("store_postgres_", writers);
  row.what = absl::StrCat("task and journal row in PostgreSQL, ", writers, writers == 1 ? " writer" : " writers");
  row.unit = "writes/s";
  row.yardstick_name = "the same in SQLite";
  row.judged = Row::Judged::kRatio;
  for (int round = 0; round < bench.Number("rounds"); ++round) {
    const LoopResult ours = RunThreads(writers, time, [&](int) { return Create(postgres); });
    const LoopResult theirs = RunThreads(writers, time, [&](int) { return Create(sqlite); });
    if (ours.failures + theirs.failures > 0) return bench.Fail("a write failed");
    row.ours.push_back(ours.per_second);
    row.yardstick.push_back(theirs.per_second);
  }
  bench.Add(row);
  return true;
}

bool Run(Bench& bench) {
  const auto server = testing::PostgresProcess::Create();
  if (!bench.Check(server.status(), "server")) return false;
  store::postgres::PostgresOptions postgres_options;
  postgres_options.connection = (*server)->connection();
  const auto postgres = store::postgres::OpenPostgresStore(postgres_options);
  if (!bench.Check(postgres.status(), "PostgreSQL")) return false;
  const testing::TempDir dir;
  store::sqlite::SqliteOptions sqlite_options;
  sqlite_options.path = dir.File("gateway.db");
  const auto sqlite = store::sqlite::OpenSqliteStore(sqlite_options);
  if (!bench.Check(sqlite.status(), "SQLite")) return false;
  for (const int writers : {1, 8, 64}) {
    if (!Measure(bench, writers, **postgres, **sqlite)) return false;
  }
  return true;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) {
  return seedance::bench::RunBench(argc, argv, "store_backends", "durable writes per second, PostgreSQL against SQLite",
                                   {{"rounds", 5, 1, "rounds"}, {"milliseconds", 1000, 50, "time of one measurement"}},
                                   seedance::bench::Run);
}
