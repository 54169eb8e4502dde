#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_UPLOAD_SOURCE_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_UPLOAD_SOURCE_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/base/sha256.h"
#include "service/engine/dispatch/transfer_queue.h"
#include "service/engine/uploads/media_validator.h"
#include "service/http/http_transport.h"

namespace seedance::engine {

// The bytes of a caller's file on their way: counted, hashed, judged, and stopped at the first limit that they break.
// The last piece is handed on only when the end was seen and the whole file is good. Used by one thread.
class UploadSource : public http::ByteSource {
 public:
  // `declared`: the length that the caller announced.
  UploadSource(std::shared_ptr<http::ByteSource> bytes, std::optional<int64_t> declared, MediaValidator judge)
      : bytes_(std::move(bytes)), declared_(declared), announced_(declared), judge_(std::move(judge)) {}

  // Reads ahead until the end, or until `most` bytes are in memory, so that a bad file is seen before anything is sent,
  // and a short one gets a length: not every server takes a chunked body. Call it before Size and Next, or not at all.
  // Errors as Next.
  absl::Status LookAhead(size_t most);

  // The next piece; empty at the end. Blocks for the caller's bytes. The first error stays, and is also in status().
  // OUT_OF_RANGE with kSizeOutOfRange: empty, longer than the limit, or not of the declared length. INVALID_ARGUMENT:
  // the declared length is beyond the limit of what the bytes are, or another limit is broken. Else the error of the
  // source.
  absl::StatusOr<std::string> Next() override;
  // The declared length, or what LookAhead found.
  std::optional<int64_t> Size() const override { return announced_; }

  // True once everything was handed on. With a known length that is so after the last piece.
  bool finished() const { return finished_; }
  // Why it broke off; OK if it did not.
  const absl::Status& status() const { return status_; }
  // Bytes read from the caller so far, of which some may not have been handed on.
  int64_t size() const { return size_; }
  // SHA-256 of all bytes, lower-case hex; empty until the end was seen.
  const std::string& sha256() const { return sha256_; }
  MediaValidator& judge() { return judge_; }

 private:
  // Reads one piece behind `pending_`, or sets `ended_` or `status_`.
  void Pull();
  absl::Status Take(const std::string& piece);
  absl::Status End();

  const std::shared_ptr<http::ByteSource> bytes_;
  const std::optional<int64_t> declared_;
  std::optional<int64_t> announced_;
  MediaValidator judge_;
  bool judged_ = false;  // The headers were found good.
  base::Sha256 hash_;
  std::string sha256_;
  int64_t size_ = 0;
  std::deque<std::string> pending_;  // Read and not handed on.
  bool ended_ = false;
  bool finished_ = false;
  absl::Status status_;
};

// A caller's stream that is read in a transfer's turn: waiting for the next piece is waiting for the peer. Once the
// turn is ended there is no further piece, only its error.
class SlotSource : public http::ByteSource {
 public:
  SlotSource(std::shared_ptr<http::ByteSource> bytes, std::shared_ptr<TransferSlot> slot)
      : bytes_(std::move(bytes)), slot_(std::move(slot)) {
    slot_->ExpectMessage(kUsualChunk);
  }

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return bytes_->Size(); }

  // Of the gateway's own client. Until the first chunk came nobody knows how long the caller's are.
  static constexpr int64_t kUsualChunk = 256 << 10;

 private:
  const std::shared_ptr<http::ByteSource> bytes_;
  const std::shared_ptr<TransferSlot> slot_;
};

// The caller announced `declared` bytes, and `most` are allowed.
base::FieldViolation DeclaredTooLong(int64_t declared, int64_t most);

// Bytes that are in memory already, in pieces of 256 KiB. Next never fails.
class MemorySource : public http::ByteSource {
 public:
  // `bytes` outlives it.
  explicit MemorySource(const std::string& bytes) : bytes_(bytes) {}

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_UPLOAD_SOURCE_H_
