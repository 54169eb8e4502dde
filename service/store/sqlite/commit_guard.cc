#include "service/store/sqlite/commit_guard.h"

#include "service/base/error.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {

void CommitGuard::Stamp(Connection& connection) { stamped_ = CountCommit(connection); }

absl::Status CommitGuard::Committed() {
  // After the commit: what was in its place then holds it. Before, it could be gone by now.
  if (absl::Status there = CheckFiles(); !there.ok()) return Failed(there);
  marker_.Committed(stamped_);
  failed_ = false;
  return absl::OkStatus();
}

absl::Status CommitGuard::Failed(absl::Status status) {
  failed_ = true;
  return status;
}

absl::Status CommitGuard::CheckFiles() {
  if (absl::Status sound = soundness_.status(); !sound.ok()) return sound;
  const std::string_view problem = files_.Problem();
  if (problem.empty()) return absl::OkStatus();
  if (FileGuard::MayPass(problem)) return base::StoreUnavailable(problem);
  soundness_.Lose(problem);
  return soundness_.status();
}

}  // namespace seedance::store::sqlite
