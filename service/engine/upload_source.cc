#include "service/engine/upload_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr size_t kPiece = 256 << 10;

absl::Status WrongSize(std::string_view field, const std::string& rule) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kSizeOutOfRange;
  detail.violations.push_back({std::string(field), rule});
  return base::MakeError(absl::StrCat(std::string(field), ": ", rule), detail);
}

}  // namespace

absl::StatusOr<std::string> UploadSource::Next() {
  if (!status_.ok()) return status_;
  if (finished_) return "";
  absl::StatusOr<std::string> piece = Check(bytes_->Next());
  bool over = piece.ok() && piece->empty();
  // A body of known length is not read beyond it, so the end is looked for before its last piece is handed on.
  if (piece.ok() && !over && size_ == declared_) {
    absl::StatusOr<std::string> end = Check(bytes_->Next());
    if (!end.ok()) piece = end.status();
    over = end.ok() && end->empty();
  }
  if (!piece.ok()) status_ = piece.status();
  if (over) {
    finished_ = true;
    sha256_ = hash_.Hex();
  }
  return piece;
}

absl::StatusOr<std::string> UploadSource::Check(absl::StatusOr<std::string> piece) {
  if (!piece.ok()) return piece;
  size_ += static_cast<int64_t>(piece->size());
  if (size_ > limit_) {
    return WrongSize("chunk", absl::StrCat("the file must have at most ", limit_, " bytes, has more"));
  }
  const bool over = piece->empty();
  if (over && size_ == 0) return WrongSize("chunk", "the file must have at least 1 byte");
  if (declared_.has_value() && (over ? size_ != *declared_ : size_ > *declared_)) {
    return WrongSize("metadata.size_bytes", absl::StrCat("must be the length of the file: is ", *declared_, ", but ",
                                                         size_, " bytes came", over ? "" : " already"));
  }
  if (!over) hash_.Update(*piece);
  return piece;
}

LookAheadSource::LookAheadSource(std::shared_ptr<upstream::ByteSource> bytes, size_t most) : bytes_(std::move(bytes)) {
  size_t read = 0;
  while (read < most) {
    absl::StatusOr<std::string> piece = bytes_->Next();
    if (!piece.ok()) {
      status_ = piece.status();
      return;
    }
    if (piece->empty()) {
      size_ = static_cast<int64_t>(read);
      return;
    }
    read += piece->size();
    ahead_.push_back(*std::move(piece));
  }
}

absl::StatusOr<std::string> LookAheadSource::Next() {
  if (!ahead_.empty()) {
    std::string piece = std::move(ahead_.front());
    ahead_.pop_front();
    return piece;
  }
  if (!status_.ok()) return status_;
  if (size_.has_value()) return "";
  return bytes_->Next();
}

absl::StatusOr<std::string> MemorySource::Next() {
  std::string piece = bytes_.substr(at_, kPiece);
  at_ += piece.size();
  return piece;
}

}  // namespace seedance::engine
