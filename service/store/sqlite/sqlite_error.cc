#include "service/store/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::store::sqlite {
namespace {

using Row = std::pair<int, std::string_view>;

constexpr std::array<Row, 12> kCauses = {{
    {SQLITE_FULL, "disk_full"},
    {SQLITE_READONLY, "read_only"},
    {SQLITE_CORRUPT, "corrupt"},
    {SQLITE_NOTADB, "corrupt"},  // Not a database header: overwritten, or another kind of file.
    {SQLITE_IOERR, "input_output"},
    {SQLITE_CANTOPEN, "cannot_open"},
    {SQLITE_PERM, "cannot_open"},
    {SQLITE_BUSY, "busy"},    // Another process (backup, shell) held the database longer than the busy time-out.
    {SQLITE_LOCKED, "busy"},  // The same between connections of this process.
    {SQLITE_NOMEM, "no_memory"},
    {SQLITE_TOOBIG, "too_big"},
    {SQLITE_CONSTRAINT, "constraint"},  // A defect: statements here never violate the schema.
}};

}  // namespace

std::string_view CauseOf(int code) {
  const int primary = code & 0xff;
  const auto* row = std::find_if(kCauses.begin(), kCauses.end(), [&](const Row& r) { return r.first == primary; });
  return row == kCauses.end() ? "sqlite_error" : row->second;
}

absl::Status StatusOf(const SQLite::Exception& error) {
  const std::string_view cause = CauseOf(error.getErrorCode());
  base::Log(base::LogLevel::kError, "store_error",
            {{"cause", cause}, {"sqlite_code", error.getExtendedErrorCode()}, {"message", error.what()}});
  return base::StoreUnavailable(cause);
}

absl::Status Saw(Soundness& soundness, const SQLite::Exception& error) {
  absl::Status status = StatusOf(error);
  if (CauseOf(error.getErrorCode()) == "corrupt") soundness.Lose("corrupt");
  return status;
}

}  // namespace seedance::store::sqlite
