#ifndef SEEDANCE_SERVICE_ENGINE_UPLOAD_SOURCE_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOAD_SOURCE_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/sha256.h"
#include "service/upstream/http_transport.h"

namespace seedance::engine {

// The bytes of a file on their way to the vendor: counted, hashed, and stopped at the limit. Used by one thread.
class UploadSource : public upstream::ByteSource {
 public:
  // `declared`: the length that the caller announced. `limit`: the largest length allowed.
  UploadSource(std::shared_ptr<upstream::ByteSource> bytes, std::optional<int64_t> declared, int64_t limit)
      : bytes_(std::move(bytes)), declared_(declared), limit_(limit) {}

  // OUT_OF_RANGE with kSizeOutOfRange: empty, longer than the limit, or not of the declared length.
  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return declared_; }

  // True once the end was reached: everything was handed on. With a declared length that is so after the last piece.
  bool finished() const { return finished_; }
  // Why it broke off; OK if it did not.
  const absl::Status& status() const { return status_; }
  int64_t size() const { return size_; }
  // SHA-256 of all bytes, lower-case hex; only when finished.
  const std::string& sha256() const { return sha256_; }

 private:
  absl::StatusOr<std::string> Check(absl::StatusOr<std::string> piece);

  const std::shared_ptr<upstream::ByteSource> bytes_;
  const std::optional<int64_t> declared_;
  const int64_t limit_;
  base::Sha256 hash_;
  std::string sha256_;
  int64_t size_ = 0;
  bool finished_ = false;
  absl::Status status_;
};

// Reads a little ahead, so that a short file of unknown length gets one: not every server takes a chunked body.
class LookAheadSource : public upstream::ByteSource {
 public:
  // Reads from `bytes` until its end, or until `most` bytes are in memory. Blocks.
  LookAheadSource(std::shared_ptr<upstream::ByteSource> bytes, size_t most);

  absl::StatusOr<std::string> Next() override;
  // Known when the end was seen.
  std::optional<int64_t> Size() const override { return size_; }

 private:
  const std::shared_ptr<upstream::ByteSource> bytes_;
  std::deque<std::string> ahead_;
  absl::Status status_;  // What the source said behind them.
  std::optional<int64_t> size_;
};

// Bytes that are in memory already.
class MemorySource : public upstream::ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  const std::string bytes_;
  size_t at_ = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOAD_SOURCE_H_
