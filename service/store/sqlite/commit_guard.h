#ifndef SEEDANCE_SERVICE_STORE_SQLITE_COMMIT_GUARD_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_COMMIT_GUARD_H_

#include <atomic>
#include <utility>

#include "absl/status/status.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/files/database_files.h"
#include "service/store/sqlite/files/marker_writer.h"
#include "service/store/sqlite/soundness.h"

namespace seedance::store::sqlite {

// Sees to it that a commit which counts is in the database that the next start will find: counts it, looks after it
// whether the files are still those that were opened, and tells the marker. For one thread at a time, which writes;
// failed(), CheckFiles() and soundness() for any.
class CommitGuard {
 public:
  // `soundness` and `marker` outlive the guard.
  CommitGuard(FileGuard files, Soundness& soundness, MarkerWriter& marker)
      : files_(std::move(files)), soundness_(soundness), marker_(marker) {}

  // Before a transaction: an error when the database is not trusted any more.
  absl::Status Admit() const { return soundness_.status(); }
  // In a transaction that changes something, last. Throws SQLite::Exception.
  void Stamp(Connection& connection);
  // When it is committed. With an error the commit is not to be relied on, and the database is not trusted any more.
  // Takes half a second while the system does not say what the files are.
  absl::Status Committed();
  // When a transaction has failed. Returns `status`.
  absl::Status Failed(absl::Status status);

  // OK, or base::StoreUnavailable: the files are not those that were opened, now or before.
  absl::Status CheckFiles();
  // Whether the last transaction failed.
  bool failed() const { return failed_; }

  Soundness& soundness() { return soundness_; }

 private:
  const FileGuard files_;
  Soundness& soundness_;
  MarkerWriter& marker_;
  Extent stamped_;
  std::atomic<bool> failed_ = false;
};

}  // namespace seedance::store::sqlite

#endif  // SEEDANCE_SERVICE_STORE_SQLITE_COMMIT_GUARD_H_
