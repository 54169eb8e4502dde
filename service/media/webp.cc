#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/media/exif.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// The first chunk has the size: VP8 (lossy), VP8L (lossless) or VP8X (followed by more chunks: animation,
// transparency). VP8X also states whether there is EXIF, mostly in the last chunk, which may say that the picture is
// shown rotated.
class Webp : public Parser {
 public:
  Webp() : Parser(model::MediaType::kImage, "webp") { Read(12 + 8 + 10, &Webp::OnStart); }

 private:
  void OnStart(Bytes bytes) {
    end_ = int64_t{bytes.Little32(4)} + 8;
    const Bytes chunk = bytes.From(20);
    bool exif = false;
    switch (bytes.Big32(12)) {
      case Tag("VP8 "):
        if (!chunk.Has(3, "\x9d\x01\x2a")) return Break("its picture does not begin with a key frame");
        width_ = chunk.Little16(6) & 0x3fff;
        height_ = chunk.Little16(8) & 0x3fff;
        break;
      case Tag("VP8L"): {
        if (chunk.At(0) != 0x2f) return Break("its picture has no signature");
        const uint32_t bits = chunk.Little32(1);
        width_ = int64_t{bits & 0x3fff} + 1;
        height_ = int64_t{bits >> 14 & 0x3fff} + 1;
        break;
      }
      case Tag("VP8X"):
        exif = (chunk.At(0) & 8) != 0;
        width_ = int64_t{chunk.Little24(4)} + 1;
        height_ = int64_t{chunk.Little24(7)} + 1;
        break;
      default:
        return Break("its first chunk is not a picture");
    }
    if (!SetSize(width_, height_)) return;
    if (!exif) return Conclude();
    SizeIsKnown();
    // Ten bytes of the first chunk have been read.
    NextChunk(int64_t{bytes.Little32(16)} - 10);
  }

  // Chunks begin at even offsets.
  void NextChunk(int64_t left) {
    Pass(left);
    Pass(position() & 1);
    if (position() + 8 > end_) return Conclude();
    Read(8, &Webp::OnChunk);
  }

  void OnChunk(Bytes bytes) {
    const int64_t size = bytes.Little32(4);
    if (bytes.Big32(0) != Tag("EXIF") || size == 0) return NextChunk(size);
    Read(static_cast<size_t>(std::min<int64_t>(size, kMostWanted)), &Webp::OnExif);
  }

  void OnExif(Bytes bytes) {
    if (IsTurned(FindOrientation(bytes))) std::swap(width_, height_);
    SetSize(width_, height_);
    Conclude();
  }

  void Conclude() {
    Know();
    Pass(end_ - position());
    ReadOrEnd(1, &Webp::OnTrailer);
  }

  void OnTrailer(Bytes) { Rest(); }

  int64_t end_ = 0;  // Of the last chunk.
  int64_t width_ = 0;
  int64_t height_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeWebp() { return std::make_unique<Webp>(); }

}  // namespace seedance::media
