#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_SPOOL_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_SPOOL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/http/http_transport.h"

namespace seedance::engine {

class SpoolSpace;

// One file on disk without a name: it is gone with this object, whatever happens. Used by one thread at a time.
class SpoolFile {
 public:
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // RESOURCE_EXHAUSTED when the space or the disk is full.
  absl::Status Append(std::string_view bytes);

  // The bytes from the beginning; this object outlives the source.
  std::unique_ptr<upstream::ByteSource> Read() const;

  int64_t size() const { return size_; }
  int fd() const { return fd_; }

 private:
  friend class SpoolSpace;
  SpoolFile(SpoolSpace& space, int fd) : space_(space), fd_(fd) {}

  SpoolSpace& space_;
  const int fd_;
  int64_t size_ = 0;
};

// Where files wait until they were read to their end. Outlives its files. Thread-safe.
class SpoolSpace {
 public:
  struct Options {
    std::string directory;                       // Empty: the system's folder for temporary files.
    int64_t max_total_bytes = int64_t{4} << 30;  // Of all files together.
  };

  explicit SpoolSpace(Options options);

  // Whether files can be made in `directory`; empty: the system's folder for temporary files. FAILED_PRECONDITION names
  // the folder, the environment variable that it comes from, and what is wrong with it.
  static absl::Status Check(const std::string& directory);

  absl::StatusOr<std::unique_ptr<SpoolFile>> Create();

  // Bytes of all files.
  int64_t used();

 private:
  friend class SpoolFile;
  bool Reserve(int64_t bytes);
  void Release(int64_t bytes);

  const Options options_;
  base::Mutex mutex_;
  int64_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_SPOOL_H_
