#ifndef SEEDANCE_TESTS_UNIT_HTTP_TEXT_SOURCE_H_
#define SEEDANCE_TESTS_UNIT_HTTP_TEXT_SOURCE_H_

#include <string>
#include <utility>

#include "service/http/http_transport.h"

namespace seedance::http {

// A source of one text, in pieces of at most `piece` bytes.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text, size_t piece = 1 << 16) : text_(std::move(text)), piece_(piece) {}

  absl::StatusOr<std::string> Next() override {
    std::string piece = text_.substr(at_, piece_);
    at_ += piece.size();
    return piece;
  }
  std::optional<int64_t> Size() const override { return static_cast<int64_t>(text_.size()); }

 private:
  const std::string text_;
  const size_t piece_;
  size_t at_ = 0;
};

}  // namespace seedance::http

#endif  // SEEDANCE_TESTS_UNIT_HTTP_TEXT_SOURCE_H_
