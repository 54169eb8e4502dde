#include "service/store/sqlite/commit_guard.h"

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/store/sqlite/store_meta.h"

namespace seedance::store::sqlite {
namespace {

constexpr int kLooks = 20;
constexpr absl::Duration kPause = absl::Milliseconds(25);

}  // namespace

void CommitGuard::Stamp(Connection& connection) { stamped_ = CountCommit(connection); }

absl::Status CommitGuard::Committed() {
  if (absl::Status sound = soundness_.status(); !sound.ok()) return Failed(sound);
  // After the commit: files in place now contain it. A check before could be outdated.
  std::string_view problem = files_.ProblemAfterCommit();
  for (int look = 1; look < kLooks && FileGuard::MayPass(problem); ++look) {
    // The real clock: the operating system needs the time.
    base::SleepUntil(base::RealClock(), base::RealClock().Now() + kPause);
    problem = files_.ProblemAfterCommit();
  }
  if (!problem.empty()) {
    // For good, whatever the cause: writers are told that nothing was written, but it may be there, and only a start
    // can find out.
    soundness_.Lose(problem);
    return Failed(soundness_.status());
  }
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
