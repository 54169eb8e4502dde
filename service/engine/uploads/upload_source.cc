#include "service/engine/uploads/upload_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr size_t kMemoryPiece = 256 << 10;

absl::Status WrongSize(std::string_view field, const std::string& rule) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kSizeOutOfRange;
  detail.violations.push_back({std::string(field), rule});
  return base::MakeError(absl::StrCat(std::string(field), ": ", rule), detail);
}

// OK without violations.
absl::Status ToStatus(std::vector<base::FieldViolation> violations) {
  return violations.empty() ? absl::OkStatus() : base::InvalidInput(std::move(violations));
}

}  // namespace

absl::Status UploadSource::LookAhead(size_t most) {
  const auto read = [this] {
    size_t sum = 0;
    for (const std::string& piece : pending_) sum += piece.size();
    return sum;
  };
  while (status_.ok() && !ended_ && read() < most) Pull();
  if (ended_) announced_ = size_;
  return status_;
}

absl::StatusOr<std::string> UploadSource::Next() {
  // One piece stays behind until the next one, or the end, was found good.
  while (status_.ok() && !ended_ && pending_.size() < 2) Pull();
  if (!status_.ok()) return status_;
  std::string piece;
  if (!pending_.empty()) {
    piece = std::move(pending_.front());
    pending_.pop_front();
  }
  // A body of known length is not read beyond it.
  finished_ = piece.empty() || (ended_ && pending_.empty() && announced_.has_value());
  return piece;
}

void UploadSource::Pull() {
  absl::StatusOr<std::string> piece = bytes_->Next();
  if (!piece.ok()) {
    status_ = piece.status();
  } else if (piece->empty()) {
    status_ = End();
  } else {
    status_ = Take(*piece);
    pending_.push_back(*std::move(piece));
  }
}

absl::Status UploadSource::Take(const std::string& piece) {
  size_ += static_cast<int64_t>(piece.size());
  if (declared_.has_value() && size_ > *declared_) {
    return WrongSize("metadata.size_bytes", absl::StrCat("must be the length of the file: is ", *declared_, ", but ",
                                                         size_, " bytes came already"));
  }
  hash_.Update(piece);
  judge_.Feed(piece);
  const int64_t limit = judge_.MaxBytes();
  if (declared_.has_value() && *declared_ > limit) return base::InvalidInput({DeclaredTooLong(*declared_, limit)});
  if (size_ > limit) {
    return WrongSize("chunk", absl::StrCat("the file must have at most ", limit, " bytes, has more"));
  }
  if (judged_ || !judge_.may_refuse()) return absl::OkStatus();
  judged_ = judge_.done();
  return ToStatus(judge_.Violations(0));
}

absl::Status UploadSource::End() {
  if (size_ == 0) return WrongSize("chunk", "the file must have at least 1 byte");
  if (declared_.has_value() && size_ != *declared_) {
    return WrongSize("metadata.size_bytes",
                     absl::StrCat("must be the length of the file: is ", *declared_, ", but ", size_, " bytes came"));
  }
  judge_.Finish();
  if (absl::Status bad = ToStatus(judge_.Violations(0)); !bad.ok()) return bad;
  ended_ = true;
  sha256_ = hash_.Hex();
  return absl::OkStatus();
}

absl::StatusOr<std::string> SlotSource::Next() {
  slot_->BeginWait();
  absl::StatusOr<std::string> piece = bytes_->Next();
  if (!slot_->EndWait(piece.ok() ? static_cast<int64_t>(piece->size()) : 0)) return slot_->Error();
  return piece;
}

base::FieldViolation DeclaredTooLong(int64_t declared, int64_t most) {
  return {"metadata.size_bytes", absl::StrCat("must be at most ", most, " bytes for this media type, is ", declared)};
}

absl::StatusOr<std::string> MemorySource::Next() {
  std::string piece = bytes_.substr(at_, kMemoryPiece);
  at_ += piece.size();
  return piece;
}

}  // namespace seedance::engine
