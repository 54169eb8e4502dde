#ifndef SEEDANCE_CLIENT_CPP_TRANSFER_H_
#define SEEDANCE_CLIENT_CPP_TRANSFER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cpp/options.h"
#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::client {

// Told of every chunk: bytes done so far (goes back to 0 when an upload starts again) and in all (0: unknown).
// Called by the thread of the transfer; should return soon.
using TransferProgress = std::function<void(int64_t done_bytes, int64_t total_bytes)>;

// Bytes to upload, in order, and again from the beginning for each new try. Used by one thread.
class UploadSource {
 public:
  virtual ~UploadSource() = default;
  // Number of bytes; 0: unknown.
  virtual int64_t size() const = 0;
  // Back to the first byte. An error ends the upload.
  virtual absl::Status Rewind() = 0;
  // The next `most` bytes, or fewer; empty at the end. An error ends the upload.
  virtual absl::StatusOr<std::string> Read(size_t most) = 0;
};

struct UploadOptions : CallOptions {
  TransferProgress on_progress;
  int64_t chunk_bytes = 256 * 1024;  // 1 byte to 1 MiB.
};

struct DownloadOptions : CallOptions {
  gateway::v1::DownloadGenerationResultRequest::Part part = gateway::v1::DownloadGenerationResultRequest::PART_VIDEO;
  TransferProgress on_progress;
};

struct DownloadResult {
  int64_t size_bytes = 0;
  std::string sha256;        // Of the file as written, lower-case hex.
  std::string content_type;  // As the vendor says, for example `video/mp4`.
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_TRANSFER_H_
