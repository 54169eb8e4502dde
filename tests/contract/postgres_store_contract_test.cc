#include <atomic>

#include "absl/strings/str_cat.h"
#include "service/store/postgres/postgres_store.h"
#include "tests/contract/claims_contract.h"
#include "tests/contract/store_contract.h"
#include "tests/testing/postgres_process.h"

namespace seedance::testing {
namespace {

// A schema of its own in the database of the binary.
class PostgresBackend : public StoreBackend {
 public:
  absl::StatusOr<std::unique_ptr<store::Store>> Open() override {
    store::postgres::PostgresOptions options;
    options.connection = PostgresProcess::Shared().connection();
    options.schema = schema_;
    return store::postgres::OpenPostgresStore(options);
  }

 private:
  static std::string NewSchema() {
    static std::atomic<int> made = 0;
    return absl::StrCat("contract_", ++made);
  }

  const std::string schema_ = NewSchema();
};

const StoreBackendMaker kPostgres = {"postgres", [] { return std::make_unique<PostgresBackend>(); }};

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, ::testing::Values(kPostgres));
INSTANTIATE_TEST_SUITE_P(Postgres, StoreClaims, ::testing::Values(kPostgres));

}  // namespace
}  // namespace seedance::testing
