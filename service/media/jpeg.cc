#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/media/exif.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// Segments up to the scan. The frame header (SOF) has the size, and EXIF before it may say that it is shown turned.
class Jpeg : public Parser {
 public:
  Jpeg() : Parser(model::MediaType::kImage, "jpeg") { Read(2, &Jpeg::OnStart); }

 private:
  void OnStart(Bytes) { Read(1, &Jpeg::OnMarkerByte); }

  // Between segments there may be any number of 0xff. Decoders forgive other bytes too.
  void OnMarkerByte(Bytes bytes) {
    const uint8_t byte = bytes.At(0);
    if (!in_marker_ || byte == 0xff) {
      in_marker_ = byte == 0xff;
      return Read(1, &Jpeg::OnMarkerByte);
    }
    in_marker_ = false;
    marker_ = byte;
    if ((byte == kEnd || byte == kScan) && !known()) return Break("it has no frame header before its picture");
    if (byte == kEnd) return Rest();
    const bool alone = byte <= 1 || (byte >= 0xd0 && byte <= 0xd8);
    if (alone) return Read(1, &Jpeg::OnMarkerByte);
    Read(2, &Jpeg::OnLength);
  }

  void OnLength(Bytes bytes) {
    if (bytes.Big16(0) < 2) return Break("one of its segments has no length");
    left_ = bytes.Big16(0) - 2;
    const bool frame = marker_ >= 0xc0 && marker_ <= 0xcf && marker_ != 0xc4 && marker_ != 0xc8 && marker_ != 0xcc;
    if (frame && !known()) {
      if (left_ < 6) return Break("its frame header is too short");
      return ReadFromSegment(5, &Jpeg::OnFrame);
    }
    if (marker_ == kApp1 && left_ >= 6 && !known()) return ReadFromSegment(6, &Jpeg::OnApp1);
    if (marker_ != kScan) return NextSegment();
    Pass(static_cast<int64_t>(left_));
    Read(1, &Jpeg::OnPicture);
  }

  void OnFrame(Bytes bytes) {
    int64_t height = bytes.Big16(1);
    int64_t width = bytes.Big16(3);
    if (IsTurned(orientation_)) std::swap(width, height);
    if (!SetSize(width, height)) return;
    Know();
    NextSegment();
  }

  void OnApp1(Bytes bytes) {
    if (left_ == 0 || !bytes.Has(0, std::string_view("Exif\0", 5))) return NextSegment();
    ReadFromSegment(left_, &Jpeg::OnExif);
  }

  void OnExif(Bytes bytes) {
    orientation_ = FindOrientation(bytes);
    NextSegment();
  }

  void OnPicture(Bytes) { Rest(); }

  void ReadFromSegment(size_t count, void (Jpeg::*step)(Bytes)) {
    left_ -= count;
    Read(count, step);
  }

  void NextSegment() {
    Pass(static_cast<int64_t>(left_));
    Read(1, &Jpeg::OnMarkerByte);
  }

  static constexpr uint8_t kEnd = 0xd9;
  static constexpr uint8_t kScan = 0xda;
  static constexpr uint8_t kApp1 = 0xe1;

  bool in_marker_ = false;
  uint8_t marker_ = 0;
  size_t left_ = 0;  // Bytes of the segment that are still to come.
  uint64_t orientation_ = 1;
};

}  // namespace

std::unique_ptr<Parser> MakeJpeg() { return std::make_unique<Jpeg>(); }

}  // namespace seedance::media
