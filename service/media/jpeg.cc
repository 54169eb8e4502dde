#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/media/exif.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// Segments, then scans of coded bytes with further segments between them, up to the end marker, which a complete file
// has. The frame header (SOF) has the size; EXIF before the first scan may say that the picture is shown rotated.
class Jpeg : public Parser {
 public:
  Jpeg() : Parser(model::MediaType::kImage, "jpeg") { Read(2, &Jpeg::OnStart); }

 private:
  void OnStart(Bytes) { Read(1, &Jpeg::OnMarkerByte); }

  // Any number of 0xff may be between segments. Decoders tolerate other bytes too.
  void OnMarkerByte(Bytes bytes) {
    const uint8_t byte = bytes.At(0);
    if (!in_marker_ || byte == 0xff) {
      in_marker_ = byte == 0xff;
      return Read(1, &Jpeg::OnMarkerByte);
    }
    in_marker_ = false;
    OnMarker(byte);
  }

  void OnMarker(uint8_t byte) {
    marker_ = byte;
    if ((byte == kEnd || byte == kScan) && !known() && !Conclude()) return;
    ended_ = byte == kEnd;
    if (ended_) return Rest();
    const bool alone = byte <= 1 || (byte >= 0xd0 && byte <= 0xd8);
    if (alone) return Read(1, &Jpeg::OnMarkerByte);
    Read(2, &Jpeg::OnLength);
  }

  // Tables, lines, comments, further scans and the end.
  static bool StandsBetweenScans(uint8_t marker) {
    return marker == 0xc4 || (marker >= kEnd && marker <= 0xdd) || (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe;
  }

  void OnLength(Bytes bytes) {
    if (bytes.Big16(0) < 2 && coded_) return NextMarker();
    if (bytes.Big16(0) < 2) return Break("one of its segments has no length");
    left_ = bytes.Big16(0) - 2;
    const bool frame = marker_ >= 0xc0 && marker_ <= 0xcf && marker_ != 0xc4 && marker_ != 0xc8 && marker_ != 0xcc;
    if (frame && width_ == 0) {
      if (left_ < 6) return Break("its frame header is too short");
      return ReadFromSegment(5, &Jpeg::OnFrame);
    }
    if (marker_ == kApp1 && left_ >= 6 && !known() && !exif_) return ReadFromSegment(6, &Jpeg::OnApp1);
    Pass(static_cast<int64_t>(left_));
    if (marker_ == kScan) coded_ = true;
    NextMarker();
  }

  void OnFrame(Bytes bytes) {
    height_ = bytes.Big16(1);
    width_ = bytes.Big16(3);
    if (!SetSize(width_, height_)) return;
    SizeIsKnown();
    NextSegment();
  }

  // At the first scan. False: the file is broken.
  bool Conclude() {
    if (width_ == 0) {
      Break("it has no frame header before its picture");
      return false;
    }
    if (IsTurned(orientation_)) (void)SetSize(height_, width_);
    Know();
    return true;
  }

  void OnApp1(Bytes bytes) {
    // Editors keep the first one unchanged when they add another.
    exif_ = bytes.Has(0, std::string_view("Exif\0", 5));
    if (left_ == 0 || !exif_) return NextSegment();
    ReadFromSegment(left_, &Jpeg::OnExif);
  }

  void OnExif(Bytes bytes) {
    orientation_ = FindOrientation(bytes);
    NextSegment();
  }

  // Coded bytes have a zero after each 0xff, and restart markers. Anything else that is no segment marker is damage,
  // which decoders skip.
  size_t OnCoded(Bytes bytes) {
    const std::string_view text = bytes.Text(0);
    for (size_t at = 0; at < text.size();) {
      if (!in_marker_) {
        const size_t found = text.find('\xff', at);
        if (found == std::string_view::npos) break;
        at = found + 1;
        in_marker_ = true;
        continue;
      }
      const uint8_t byte = bytes.At(at++);
      in_marker_ = byte == 0xff;
      if (!StandsBetweenScans(byte)) continue;
      OnMarker(byte);
      return at;
    }
    Scan(&Jpeg::OnCoded);
    return text.size();
  }

  void ReadFromSegment(size_t count, void (Jpeg::*step)(Bytes)) {
    left_ -= count;
    Read(count, step);
  }

  void NextSegment() {
    Pass(static_cast<int64_t>(left_));
    NextMarker();
  }

  void NextMarker() {
    if (coded_) return Scan(&Jpeg::OnCoded);
    Read(1, &Jpeg::OnMarkerByte);
  }

  // The end of the file, without an end of the picture.
  void OnEnd() override {
    if (!ended_) Break("it is truncated: it ends before the end of its picture");
  }

  static constexpr uint8_t kEnd = 0xd9;
  static constexpr uint8_t kScan = 0xda;
  static constexpr uint8_t kApp1 = 0xe1;

  bool in_marker_ = false;
  bool coded_ = false;  // The first scan has begun.
  bool ended_ = false;  // The end marker was seen.
  bool exif_ = false;
  uint8_t marker_ = 0;
  size_t left_ = 0;  // Bytes of the segment that are still to come.
  uint64_t orientation_ = 1;
  int64_t width_ = 0;  // As coded; 0: there was no frame header yet.
  int64_t height_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeJpeg() { return std::make_unique<Jpeg>(); }

}  // namespace seedance::media
