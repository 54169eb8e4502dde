#include "service/store/sqlite/sqlite_store.h"
#include "tests/contract/claims_contract.h"
#include "tests/contract/scratch_dir.h"
#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

class SqliteBackend : public StoreBackend {
 public:
  absl::StatusOr<std::unique_ptr<store::Store>> Open() override {
    store::sqlite::SqliteOptions options;
    options.path = directory_.File("store.db");
    return store::sqlite::OpenSqliteStore(options);
  }

 private:
  ScratchDir directory_;
};

const StoreBackendMaker kSqlite = {"sqlite", [] { return std::make_unique<SqliteBackend>(); }};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, ::testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreClaims, ::testing::Values(kSqlite));

}  // namespace
}  // namespace seedance::testing
