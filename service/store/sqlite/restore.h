#ifndef SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/clock.h"
#include "service/store/sqlite/backup.h"
#include "service/store/sqlite/data_loss.h"

namespace seedance::store::sqlite {

struct Restored {
  Contents contents;  // Of the backup.
  // Unless it is proved that nothing came after the backup: by a database that can be read and its marker, or by the
  // marker of one that was closed.
  std::optional<Distrusted> distrusted;
  std::string set_aside;  // Where the database of before is now. Empty: there was none.
};

// Puts a copy of the backup `from` in the place of the database at `path`, which no gateway may be using, and marks it.
// What was there is renamed. FAILED_PRECONDITION, with a text for the operator: a gateway uses the database; `from` is
// damaged, no database of a gateway or of a newer release; the database at `path`, or its marker, holds more than the
// backup or another database, or that cannot be said, and `accept_data_loss` is not set; what is at `path` cannot be
// read for another reason than damage, or is no database of a gateway. Nothing is changed then.
absl::StatusOr<Restored> Restore(const std::string& path, const std::string& from, bool accept_data_loss,
                                 base::Clock& clock);

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_RESTORE_H_
