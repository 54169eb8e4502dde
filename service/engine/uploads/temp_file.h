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

  // Writes behind what was written before. RESOURCE_EXHAUSTED with RetryInfo: the quota or the disk is full; INTERNAL:
  // another error of the disk. After an error the file is only good for being destroyed.
  absl::Status Append(std::string_view bytes);

  // The bytes from the beginning, in pieces of 256 KiB. Sources are independent of each other; this object outlives
  // them, and nothing is appended while they are read.
  std::unique_ptr<http::ByteSource> Read() const;

  int64_t size() const { return size_; }  // In bytes.
  int fd() const { return fd_; }          // Owned by this object.

 private:
  friend class TempFileQuota;
  TempFile(TempFileQuota& space, int fd) : space_(space), fd_(fd) {}

  TempFileQuota& space_;
  const int fd_;
  int64_t size_ = 0;
};

// Makes temporary files in one directory and limits their bytes in total. Outlives its files. Thread-safe.
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

  // An empty file. RESOURCE_EXHAUSTED: no disk space or descriptor is left; INTERNAL: another error of the disk.
  absl::StatusOr<std::unique_ptr<TempFile>> Create();

  // Bytes of all files.
  int64_t used();

 private:
  friend class TempFile;
  // False: they would exceed the quota. The file gives them back when it ends.
  bool Reserve(int64_t bytes);
  void Release(int64_t bytes);

  const Options options_;
  base::Mutex mutex_;
  int64_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_TEMP_FILE_H_
