#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/media/exif.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/picture_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// The first directory of a TIFF file is its picture. It may be anywhere after the header, mostly at the end. Raw camera
// files have the same structure, but their first directory is a thumbnail or an undeveloped picture.
class Tiff : public Parser {
 public:
  Tiff() : Parser(model::MediaType::kImage, "tiff") { Read(4, &Tiff::OnMagic); }

 private:
  void OnMagic(Bytes bytes) {
    layout_ = ReadTiffLayout(bytes);
    Read(layout_.header_bytes() - 4, &Tiff::OnHeader);
  }

  void OnHeader(Bytes bytes) {
    // The four bytes before are known; FirstDirectory counts from them.
    const uint64_t directory = layout_.Number(bytes, layout_.wide ? 4 : 0, layout_.wide ? 8 : 4);
    if (directory < layout_.header_bytes() || directory > kFarthest) {
      return Break(absl::StrCat("its directory claims to be at byte ", directory));
    }
    Pass(static_cast<int64_t>(directory) - position());
    Read(layout_.count_bytes(), &Tiff::OnCount);
  }

  void OnCount(Bytes bytes) {
    rows_ = layout_.Number(bytes, 0, layout_.count_bytes());
    if (rows_ == 0 || rows_ > kMostRows) return Break(absl::StrCat("its directory claims ", rows_, " rows"));
    Read(layout_.entry_bytes(), &Tiff::OnRow);
  }

  void OnRow(Bytes bytes) {
    const TiffEntry entry = ReadTiffEntry(layout_, bytes);
    switch (entry.tag) {
      case kTiffWidth:
        width_ = entry.value;
        break;
      case kTiffHeight:
        height_ = entry.value;
        break;
      case kTiffOrientation:
        orientation_ = entry.value;
        break;
      case kTiffKind:
        reduced_ = (entry.value & 1) != 0;
        break;
      case kTiffColours:
        undeveloped_ = entry.value == kFilter || entry.value == kLinearRaw;
        break;
      case kTiffMaker:
        maker_ = entry;
        break;
      case kTiffSubDirectories:
        nested_ = true;
        break;
      case kTiffElectronicPhotography:
        camera_ = "nef";
        break;
      case kTiffDngVersion:
        camera_ = "dng";
        dng_ = true;
        break;
      case kTiffPrivate:
        if (!dng_) camera_ = "arw";
        break;
      case kTiffStripOffsets:
      case kTiffTileOffsets:
        offsets_ = entry;
        break;
      case kTiffStripBytes:
      case kTiffTileBytes:
        lengths_ = entry;
        break;
      default:
        break;
    }
    if (--rows_ > 0) return Read(layout_.entry_bytes(), &Tiff::OnRow);
    if (dng_ || undeveloped_ || (reduced_ && nested_)) return ReadMaker();
    Conclude();
  }

  // Determines the camera maker of a raw file. Its name, which does not fit into an entry, may already be passed.
  void ReadMaker() {
    const uint64_t here = static_cast<uint64_t>(position());
    if (dng_ || maker_.is_here || maker_.value < here || maker_.value > here + kMostToMaker) return Name(camera_);
    Pass(static_cast<int64_t>(maker_.value - here));
    Read(kMakerBytes, &Tiff::OnMaker);
  }
  void OnMaker(Bytes bytes) {
    constexpr std::pair<std::string_view, std::string_view> kMakers[] = {
        {"NIKON", "nef"}, {"SONY", "arw"}, {"PENTAX", "pef"}, {"RICOH", "pef"}, {"SAMSUNG", "srw"}, {"OLYMPUS", "orf"}};
    for (const auto& [maker, container] : kMakers) {
      if (bytes.Has(0, maker)) return Name(container);
    }
    Name(camera_);
  }
  void Name(std::string_view container) {
    info().container = std::string(container);
    Know();
    Rest();
  }

  void Conclude() {
    if (IsTurned(orientation_)) std::swap(width_, height_);
    if (!SetSize(static_cast<int64_t>(std::min(width_, kFarthest)), static_cast<int64_t>(std::min(height_, kFarthest))))
      return;
    Know();
    if (offsets_.count == 1 && lengths_.count == 1) Claim(offsets_.value, lengths_.value);
    for (const TiffEntry& entry : {offsets_, lengths_}) {
      if (!entry.is_here) Claim(entry.value, entry.bytes);
    }
    // The offsets of the picture's strips are read only if they are still ahead.
    const uint64_t here = static_cast<uint64_t>(position());
    if (offsets_.is_here || offsets_.value < here || offsets_.value > kFarthest) return Rest();
    Pass(static_cast<int64_t>(offsets_.value - here));
    ReadOffsets();
  }

  void ReadOffsets() {
    if (offsets_.count == 0) return Rest();
    const size_t pieces = static_cast<size_t>(std::min<uint64_t>(offsets_.count, kOffsetsAtATime));
    Read(pieces * offset_bytes(), &Tiff::OnOffsets);
  }

  void OnOffsets(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += offset_bytes()) {
      Claim(layout_.Number(bytes, at, offset_bytes()), 1);
      --offsets_.count;
    }
    ReadOffsets();
  }

  size_t offset_bytes() const { return static_cast<size_t>(offsets_.value_bytes); }

  void Claim(uint64_t from, uint64_t bytes) { end_ = std::max(end_, AddSaturated(from, bytes)); }

  void OnEnd() override { RequireSize(static_cast<int64_t>(std::min(end_, kFarthest))); }

  static constexpr uint64_t kFilter = 32803;     // Colours of a camera's filter array,
  static constexpr uint64_t kLinearRaw = 34892;  // or of a raw converter.
  static constexpr size_t kMakerBytes = 8;
  static constexpr uint64_t kMostToMaker = 1 << 20;
  static constexpr uint64_t kFarthest = uint64_t{1} << 62;
  static constexpr uint64_t kMostRows = 65535;
  static constexpr uint64_t kOffsetsAtATime = 512;

  TiffLayout layout_;
  uint64_t rows_ = 0;
  uint64_t width_ = 0;
  uint64_t height_ = 0;
  uint64_t orientation_ = 1;
  TiffEntry offsets_;
  TiffEntry lengths_;
  uint64_t end_ = 0;  // Least size of the file.

  bool reduced_ = false;  // It is a reduced copy of another picture.
  bool undeveloped_ = false;
  bool nested_ = false;  // It has subdirectories.
  bool dng_ = false;
  TiffEntry maker_;
  std::string_view camera_ = "raw";  // Container by its entries, if it is a raw file.
};

}  // namespace

std::unique_ptr<Parser> MakeTiff() { return std::make_unique<Tiff>(); }

}  // namespace seedance::media
