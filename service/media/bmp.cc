#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// A file header of 14 bytes, then one of many sizes, the first of which (12 bytes) has numbers of 16 bits.
class Bmp : public Parser {
 public:
  Bmp() : Parser(model::MediaType::kImage, "bmp") { Read(14 + 12, &Bmp::OnStart); }

 private:
  void OnStart(Bytes bytes) {
    pixels_at_ = bytes.Little32(10);
    header_bytes_ = bytes.Little32(14);
    if (header_bytes_ == 12) {
      bits_ = bytes.Little16(24);
      return Conclude(bytes.Little16(18), bytes.Little16(20));
    }
    if (header_bytes_ < 16) return Break(absl::StrCat("its header claims ", header_bytes_, " bytes"));
    width_ = static_cast<int32_t>(bytes.Little32(18));
    height_ = static_cast<int32_t>(bytes.Little32(22));
    // The shortest header of this kind ends with the bits per pixel.
    Read(header_bytes_ >= 20 ? 8 : 4, &Bmp::OnDepth);
  }

  void OnDepth(Bytes bytes) {
    bits_ = bytes.Little16(2);
    compression_ = bytes.Little32(4);
    // A negative height means rows from top to bottom.
    Conclude(width_, std::abs(height_));
  }

  void Conclude(int64_t width, int64_t height) {
    if (!SetSize(width, height)) return;
    Know();
    Rest();
  }

  void OnEnd() override {
    constexpr uint32_t kPlain = 0;
    constexpr uint32_t kBitFields = 3;
    // The length of compressed pixels is not stated reliably. The lengths in the headers are often wrong, so decoders
    // go by the size of the picture.
    if (compression_ != kPlain && compression_ != kBitFields) return RequireSize(pixels_at_);
    const int64_t row = (int64_t{info().width} * bits_ + 31) / 32 * 4;
    const int64_t most = std::numeric_limits<int64_t>::max() - pixels_at_;
    RequireSize(row > most / info().height ? most : pixels_at_ + row * info().height);
  }

  int64_t pixels_at_ = 0;
  int64_t header_bytes_ = 0;
  int64_t width_ = 0;
  int64_t height_ = 0;
  int64_t bits_ = 0;
  uint32_t compression_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeBmp() { return std::make_unique<Bmp>(); }

}  // namespace seedance::media
