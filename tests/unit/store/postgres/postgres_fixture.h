#ifndef SEEDANCE_TESTS_UNIT_STORE_POSTGRES_POSTGRES_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_STORE_POSTGRES_POSTGRES_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/base/error.h"
#include "service/store/postgres/postgres_store.h"
#include "service/store/postgres/store_meta.h"
#include "tests/contract/store_samples.h"
#include "tests/testing/eventually.h"
#include "tests/testing/postgres_process.h"

namespace seedance::store::postgres {

using testing::Eventually;
using testing::MakeGroup;
using testing::PostgresProcess;

// Of an error of the store; `OK` of OK.
inline std::string CauseOfStatus(const absl::Status& status) {
  if (status.ok()) return "OK";
  const base::ErrorDetail detail = base::GetErrorDetail(status);
  const auto cause = detail.metadata.find("cause");
  return cause == detail.metadata.end() ? std::string(status.message()) : cause->second;
}

// A schema of its own in the database of the binary.
class PostgresTest : public ::testing::Test {
 protected:
  PostgresTest() {
    static int made = 0;
    options_.schema = absl::StrCat("test_", ++made);
    options_.connection = server().connection();
  }

  static PostgresProcess& server() { return PostgresProcess::Shared(); }

  absl::StatusOr<std::unique_ptr<Store>> TryOpen() { return OpenPostgresStore(options_); }
  std::unique_ptr<Store> Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = TryOpen();
    if (!store.ok()) {
      ADD_FAILURE() << store.status();
      abort();  // Nothing of the test can run.
    }
    return *std::move(store);
  }

  // Another session in the schema, past the store.
  std::unique_ptr<Connection> Raw() const {
    ConnectOptions options;
    options.connection = server().connection() + " application_name=raw";
    options.schema = options_.schema;
    return std::make_unique<Connection>(options);
  }

  // Ends the sessions of all stores.
  void EndSessions() const {
    const std::unique_ptr<Connection> raw = Raw();
    Query(*raw,
          "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
          "WHERE application_name = 'seedance-gateway' AND pid <> pg_backend_pid()")
        .Run();
  }

  static std::string Put(Store& store, const std::string& id) {
    return CauseOfStatus(store.PutGroup(MakeGroup(id)).status());
  }
  static std::string Get(Store& store, const std::string& id) {
    return CauseOfStatus(store.GetGroup(MakeGroup(id).handle).status());
  }
  static bool Has(Store& store, const std::string& id) { return store.GetGroup(MakeGroup(id).handle).ok(); }

  PostgresOptions options_;
};

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_TESTS_UNIT_STORE_POSTGRES_POSTGRES_FIXTURE_H_
