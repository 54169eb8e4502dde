#include <string>

#include "absl/strings/str_cat.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// The first chunk has the size: VP8 (lossy), VP8L (lossless) or VP8X (with more chunks: animation, transparency).
class Webp : public Parser {
 public:
  Webp() : Parser(model::MediaType::kImage, "webp") { Read(12 + 8 + 10, &Webp::OnStart); }

 private:
  void OnStart(Bytes bytes) {
    end_ = int64_t{bytes.Little32(4)} + 8;
    const Bytes chunk = bytes.From(20);
    int64_t width = 0;
    int64_t height = 0;
    switch (bytes.Big32(12)) {
      case Tag("VP8 "):
        if (!chunk.Has(3, "\x9d\x01\x2a")) return Break("its picture does not begin with a key frame");
        width = chunk.Little16(6) & 0x3fff;
        height = chunk.Little16(8) & 0x3fff;
        break;
      case Tag("VP8L"): {
        if (chunk.At(0) != 0x2f) return Break("its picture has no signature");
        const uint32_t bits = chunk.Little32(1);
        width = int64_t{bits & 0x3fff} + 1;
        height = int64_t{bits >> 14 & 0x3fff} + 1;
        break;
      }
      case Tag("VP8X"):
        width = int64_t{chunk.Little24(4)} + 1;
        height = int64_t{chunk.Little24(7)} + 1;
        break;
      default:
        return Break("its first chunk is no picture");
    }
    if (!SetSize(width, height)) return;
    Know();
    Pass(end_ - position());
    ReadOrEnd(1, &Webp::OnTrailer);
  }

  void OnTrailer(Bytes) { Rest(); }

  int64_t end_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeWebp() { return std::make_unique<Webp>(); }

}  // namespace seedance::media
