#ifndef SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/store/sqlite/backup.h"
#include "service/store/sqlite/data_loss.h"

namespace seedance::store::sqlite {

// Result of Restore.
//
// Tests: tests/unit/store/sqlite/backup_test.cc
struct Restored {
  Contents contents;  // Of the backup.
  // Set unless it is proved that nothing came after the backup: by a readable database with its marker, or by the
  // marker of a cleanly closed one.
  std::optional<Distrusted> distrusted;
  std::string set_aside;  // New path of the replaced database. Empty: there was none.
};

// Replaces the database at `path`, which no gateway may be using, with a copy of the backup `from`, and writes its
// marker. The old files are renamed. FAILED_PRECONDITION, with a text for the operator and nothing changed: a gateway
// uses the database; `from` is damaged, not a gateway's database, or of a newer release; the database at `path` or its
// marker holds more than the backup, is another database, or cannot tell, and `accept_data_loss` is not set; what is at
// `path` cannot be read for a reason other than damage, or is not a gateway's database.
absl::StatusOr<Restored> Restore(const std::string& path, const std::string& from, bool accept_data_loss,
                                 base::Clock& clock);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_
