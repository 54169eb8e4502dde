#ifndef SEEDANCE_TESTS_UNIT_ENGINE_PIECES_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_PIECES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/http/http_transport.h"

namespace seedance::testing {

// The bytes of a caller's upload stream: pieces, then an end, or an error instead of it.
class Pieces : public http::ByteSource {
 public:
  explicit Pieces(std::vector<std::string> pieces, absl::Status end = absl::OkStatus())
      : pieces_(std::move(pieces)), end_(std::move(end)) {}
  absl::StatusOr<std::string> Next() override {
    if (at_ < pieces_.size()) return pieces_[at_++];
    if (!end_.ok()) return end_;
    return std::string();
  }
  std::optional<int64_t> Size() const override { return std::nullopt; }

 private:
  const std::vector<std::string> pieces_;
  const absl::Status end_;
  size_t at_ = 0;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_PIECES_H_
