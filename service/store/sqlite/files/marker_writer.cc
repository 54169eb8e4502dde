#include "service/store/sqlite/files/marker_writer.h"

#include <utility>

#include "service/base/log.h"
#include "service/base/thread.h"

namespace seedance::store::sqlite {

MarkerWriter::MarkerWriter(std::string path, Marker marker, base::Clock& clock, std::function<bool()> is_ours)
    : path_(std::move(path)),
      clock_(clock),
      is_ours_(std::move(is_ours)),
      marker_(std::move(marker)),
      durable_(marker_.extent),
      thread_(base::StartThread("store-marker", [this] { Loop(); })) {}

MarkerWriter::~MarkerWriter() { Join(); }

void MarkerWriter::Committed(const Extent& durable) {
  base::MutexLock lock(mutex_);
  durable_ = durable;
  // Not during its pause, where thousands of commits a second would wake it in vain.
  if (std::exchange(idle_, false)) changed_.NotifyOne();
}

bool MarkerWriter::failing() {
  base::MutexLock lock(mutex_);
  return failing_;
}

bool MarkerWriter::overdue() {
  base::MutexLock lock(mutex_);
  return failing_ && clock_.Now() - failing_since_ > kPatience;
}

void MarkerWriter::Stop(bool clean) {
  Join();
  base::MutexLock lock(mutex_);
  marker_.clean = clean;
  WriteUnlocked(nullptr);
}

void MarkerWriter::Join() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void MarkerWriter::Loop() {
  base::MutexLock lock(mutex_);
  absl::Time next = absl::InfinitePast();
  for (;;) {
    while (!stopped_ && durable_ == marker_.extent && !failing_) {
      idle_ = true;
      changed_.Wait(mutex_);
    }
    idle_ = false;
    while (!stopped_ && clock_.Now() < next) clock_.WaitUntil(changed_, mutex_, next);
    if (stopped_) return;
    WriteUnlocked(is_ours_);
    next = clock_.Now() + kPace;
  }
}

void MarkerWriter::WriteUnlocked(const std::function<bool()>& may_write) {
  marker_.extent = durable_;
  Marker next = marker_;
  mutex_.Unlock();
  const absl::Status written = !may_write || may_write()
                                   ? WriteMarker(path_, next)
                                   : absl::FailedPreconditionError("the database's files are not its own now");
  mutex_.Lock();
  marker_ = next;
  if (!written.ok() && !failing_) {
    failing_since_ = clock_.Now();
    base::Log(base::LogLevel::kError, "store_marker_not_written",
              {{"path", path_}, {"cause", std::string(written.message())}});
  }
  failing_ = !written.ok();
}

}  // namespace seedance::store::sqlite
