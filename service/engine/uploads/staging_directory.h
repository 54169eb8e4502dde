#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGING_DIRECTORY_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGING_DIRECTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/engine/uploads/temp_file.h"

namespace seedance::engine {

// A file that can be fetched now.
struct StagedFile {
  std::string path;
  int64_t size = 0;
  std::string content_type;
};

// Files that wait for a vendor to fetch them from this gateway, each behind an unguessable token, until their time is
// over. They survive a restart: all that is known of one stands in its name, its length and its time. So several
// gateways may use one directory, and each serves and removes the files of all. Thread-safe.
class StagingDirectory {
 public:
  struct Options {
    std::string directory;  // Exists. Only files that were made here are ever removed from it.
    absl::Duration lifetime = absl::Hours(26);
    int64_t max_total_bytes = int64_t{10} << 30;
    std::string public_base_url;  // Without a slash at the end.
  };

  // Takes up the files of an earlier process. `random` must not be guessable. Files whose time is over are
  // removed by the clock's timer.
  StagingDirectory(Options options, base::Clock& clock, base::Random& random);
  ~StagingDirectory();

  // Keeps the bytes of `file` under its own name until the lifetime has passed; on the same disk by a link, else by a
  // copy. `file` is no longer needed then. Returns the URL `<public_base_url>/staging/<token>/upload<suffix>`. Blocks
  // on the disk. RESOURCE_EXHAUSTED with RetryInfo: all files that this process knows of would have too many bytes
  // together; INTERNAL: the disk failed.
  absl::StatusOr<std::string> Publish(const TempFile& file, const std::string& suffix);

  // The file of a token whose time is not over; nullopt for any other text, which need not be a token. The file may be
  // removed at any moment; an open one stays readable. Looks for one of another gateway on the disk.
  std::optional<StagedFile> Find(std::string_view token);

  const std::string& directory() const { return options_.directory; }
  // Bytes of all files that this process knows of.
  int64_t used();

 private:
  struct Kept {
    StagedFile file;
    absl::Time expire_time;
  };

  // Takes up what is in the directory, now and once a minute.
  void Scan();
  void TakeUp();
  // Takes up the file at `path`, if there is one. Its name has `token`.
  bool TakeUp(const std::string& token, const std::string& path);
  // The same for a file of another gateway, of which only the token is known.
  bool TakeUpForeign(const std::string& token);
  std::optional<StagedFile> FindKept(std::string_view token);
  absl::StatusOr<std::string> NewName(const TempFile& file, const std::string& suffix, std::string& token);
  // Removes the file if its time is over.
  void Expire(const std::string& token);

  const Options options_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_ ABSL_GUARDED_BY(mutex_);  // By token.
  int64_t used_ ABSL_GUARDED_BY(mutex_) = 0;                               // With what is being published.
  base::DueQueue due_;
  base::Timer::Alarm scan_;  // For files that other gateways made, or left.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_STAGING_DIRECTORY_H_
