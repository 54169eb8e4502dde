#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// The logical screen has the size. The blocks are followed to the trailer, to see whether the file is complete.
class Gif : public Parser {
 public:
  Gif() : Parser(model::MediaType::kImage, "gif") { Read(13, &Gif::OnScreen); }

 private:
  void OnScreen(Bytes bytes) {
    width_ = bytes.Little16(6);
    height_ = bytes.Little16(8);
    PassColours(bytes.At(10));
    Read(1, &Gif::OnBlock);
  }

  void OnBlock(Bytes bytes) {
    switch (bytes.At(0)) {
      case 0x2c:
        return Read(9, &Gif::OnImage);
      case 0x21:  // An extension: what it is of, then sub-blocks.
        Pass(1);
        return Read(1, &Gif::OnSubBlock);
      default:  // The trailer, or what viewers ignore.
        if (!known()) return Break("it has no picture");
        return Rest();
    }
  }

  void OnImage(Bytes bytes) {
    if (!known()) {
      // As viewers do: the first picture enlarges the screen to its own size.
      const bool screen = width_ > 0 && height_ > 0;
      if (!SetSize(screen ? width_ : bytes.Little16(4), screen ? height_ : bytes.Little16(6))) return;
      Know();
    }
    PassColours(bytes.At(8));
    Pass(1);  // Minimum code size.
    Read(1, &Gif::OnSubBlock);
  }

  void OnSubBlock(Bytes bytes) {
    Pass(bytes.At(0));
    // Many files leave the trailer out.
    if (bytes.At(0) == 0) return known() ? ReadOrEnd(1, &Gif::OnBlock) : Read(1, &Gif::OnBlock);
    Read(1, &Gif::OnSubBlock);
  }

  void PassColours(uint8_t flags) {
    if ((flags & 0x80) != 0) Pass(int64_t{3} << ((flags & 7) + 1));
  }

  int64_t width_ = 0;
  int64_t height_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeGif() { return std::make_unique<Gif>(); }

}  // namespace seedance::media
