#include <algorithm>
#include <cstdint>
#include <utility>

#include "service/media/exif.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// Chunks; the first has the size, and EXIF, before or after the picture, may say that it is shown rotated. They are
// followed to the last, to see whether the file is complete.
class Png : public Parser {
 public:
  Png() : Parser(model::MediaType::kImage, "png") {
    Pass(8);
    Read(8 + 13, &Png::OnHeader);
  }

 private:
  void OnHeader(Bytes bytes) {
    // Apple's phones put their own chunk before it, in files that no other reader accepts.
    if (bytes.Big32(0) != 13 || bytes.Big32(4) != Tag("IHDR")) return Break("its first chunk is not IHDR");
    width_ = bytes.Big32(8);
    height_ = bytes.Big32(12);
    if (!SetSize(width_, height_)) return;
    SizeIsKnown();
    NextChunk(0);
  }

  void OnChunk(Bytes bytes) {
    left_ = bytes.Big32(0);
    const uint32_t type = bytes.Big32(4);
    if (type == Tag("eXIf") && left_ > 0 && !known()) {
      const size_t looked_at = static_cast<size_t>(std::min<int64_t>(left_, kMostWanted));
      return Read(looked_at, &Png::OnExif);
    }
    if (type != Tag("IEND")) return NextChunk(left_);
    if (!known()) Know();
    Pass(left_ + kChecksum);
    ReadOrEnd(1, &Png::OnTrailer);
  }

  void OnExif(Bytes bytes) {
    if (IsTurned(FindOrientation(bytes))) std::swap(width_, height_);
    SetSize(width_, height_);
    Know();
    NextChunk(left_ - static_cast<int64_t>(bytes.size()));
  }

  void NextChunk(int64_t left) {
    Pass(left + kChecksum);
    Read(8, &Png::OnChunk);
  }

  void OnTrailer(Bytes) { Rest(); }

  static constexpr int64_t kChecksum = 4;

  int64_t width_ = 0;
  int64_t height_ = 0;
  int64_t left_ = 0;  // Of the chunk at hand.
};

}  // namespace

std::unique_ptr<Parser> MakePng() { return std::make_unique<Png>(); }

}  // namespace seedance::media
