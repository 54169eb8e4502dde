#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_TEMP_FILE_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_TEMP_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/http/http_transport.h"

namespace seedance::engine {

class TempFileQuota;

// One file on disk without a name: it is gone with this object, whatever happens. Used by one thread at a time.
class TempFile {
 public:
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  // RESOURCE_EXHAUSTED when the space or the disk is full.
  absl::Status Append(std::string_view bytes);

  // The bytes from the beginning; this object outlives the source.
  std::unique_ptr<http::ByteSource> Read() const;

  int64_t size() const { return size_; }
  int fd() const { return fd_; }

 private:
  friend class TempFileQuota;
  TempFile(TempFileQuota& space, int fd) : space_(space), fd_(fd) {}

  TempFileQuota& space_;
  const int fd_;
  int64_t size_ = 0;
};

// Where files wait until they were read to their end. Outlives its files. Thread-safe.
class TempFileQuota {
 public:
  struct Options {
    std::string directory;                       // Empty: the system's folder for temporary files.
    int64_t max_total_bytes = int64_t{4} << 30;  // Of all files together.
  };

  explicit TempFileQuota(Options options);

  // Whether files can be made in `directory`; empty: the system's folder for temporary files. FAILED_PRECONDITION names
  // the folder, the environment variable that it comes from, and what is wrong with it.
  static absl::Status Check(const std::string& directory);

  absl::StatusOr<std::unique_ptr<TempFile>> Create();

  // Bytes of all files.
  int64_t used();

 private:
  friend class TempFile;
  bool Reserve(int64_t bytes);
  void Release(int64_t bytes);

  const Options options_;
  base::Mutex mutex_;
  int64_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_TEMP_FILE_H_
