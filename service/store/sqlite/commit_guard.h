#ifndef SEEDANCE_SERVICE_STORE_SQLITE_COMMIT_GUARD_H_
#define SEEDANCE_SERVICE_STORE_SQLITE_COMMIT_GUARD_H_

#include <atomic>
#include <utility>

#include "absl/status/status.h"
#include "service/store/soundness.h"
#include "service/store/sqlite/connection.h"
#include "service/store/sqlite/files/database_files.h"
#include "service/store/sqlite/files/marker_writer.h"

namespace seedance::store::sqlite {

// Makes sure that an acknowledged commit is in the database that the next start will open: numbers the commit, checks
// afterwards that the files are still those that were opened, and informs the marker. Used by the committing thread;
// failed(), CheckFiles() and soundness() are thread-safe.
//
// Tests: tests/unit/store/sqlite/write_queue_test.cc, tests/unit/store/sqlite/store_soundness_test.cc
class CommitGuard {
 public:
  // `soundness` and `marker` must outlive the guard.
  CommitGuard(FileGuard files, Soundness& soundness, MarkerWriter& marker)
      : files_(std::move(files)), soundness_(soundness), marker_(marker) {}

  // Before a transaction: an error when the database is no longer trusted.
  absl::Status Admit() const { return soundness_.status(); }
  // Last statement of a changing transaction: numbers the commit. Throws SQLite::Exception.
  void Stamp(Connection& connection);
  // After the commit. On an error the commit must not be acknowledged, and the database is no longer trusted. Takes up
  // to half a second while the system does not tell what the files are.
  absl::Status Committed();
  // After a failed transaction. Returns `status`.
  absl::Status Failed(absl::Status status);

  // OK, or base::StoreUnavailable: the files are, or were, not those that were opened.
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
