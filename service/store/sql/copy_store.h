#ifndef SEEDANCE_SERVICE_STORE_SQL_COPY_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQL_COPY_STORE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/store/sql/raw_store.h"

namespace seedance::store::sql {

// What was copied.
struct Copied {
  std::vector<std::pair<std::string, int64_t>> rows;  // By table.
  int64_t revision = 0;                               // The newest.
  int64_t doubted = 0;  // Requests that were in flight when the source's gateway ended: in doubt now.
};

// Copies all that a store holds into an empty one, which may be of the other backend, in one transaction; then reads
// both and compares every row. The copy has revisions as the source and an epoch of its own: watchers begin anew.
// Requests in flight become doubtful, as at the start of a gateway. Once the copy is committed no gateway opens `from`
// any more. FAILED_PRECONDITION: `to` is not empty, or `from` is: it may not be the store that was meant. DATA_LOSS:
// the copy would differ, and was undone. Errors of the databases.
//
// Tests: tests/unit/store/postgres/copy_store_test.cc
absl::StatusOr<Copied> CopyStore(RawStore& from, RawStore& to, absl::Time now);

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_COPY_STORE_H_
