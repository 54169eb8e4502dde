#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/media/mpeg_audio.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// Frames one after another, behind any number of ID3 tags. A table in the first frame (Xing, Info or VBRI) may tell how
// many there are; else all of them are counted.
class Mp3 : public Parser {
 public:
  Mp3() : Parser(model::MediaType::kAudio, "mp3") { Read(4, &Mp3::OnStart); }

 private:
  void OnStart(Bytes bytes) {
    if (bytes.Has(0, "ID3")) return Read(6, &Mp3::OnTag);
    // Behind a tag there may be a file of another kind.
    if (tagged_ && bytes.Has(0, "fLaC")) return Become("flac");
    if (tagged_ && ReadMpegHeader(bytes.Big32(0)).kind == MpegHeader::Kind::kAdts) return Become("aac");
    Hunt(bytes);
  }

  // Version and flags, and a size of 7 bits a byte. Four bytes have been read before.
  void OnTag(Bytes bytes) {
    int64_t size = 0;
    for (size_t i = 2; i < 6; ++i) size = size << 7 | (bytes.At(i) & 0x7f);
    const bool footer = (bytes.At(1) & 0x10) != 0;
    tagged_ = true;
    Pass(size + (footer ? 10 : 0));
    Read(4, &Mp3::OnStart);
  }

  void Become(std::string_view container) {
    info().container = std::string(container);
    Know();
    Rest();
  }

  // Looks for a frame from these four bytes on, one byte at a time.
  void Hunt(Bytes bytes) {
    window_ = bytes.Big32(0);
    hunted_ = 0;
    TryWindow();
  }
  void OnHuntedByte(Bytes bytes) {
    window_ = window_ << 8 | bytes.At(0);
    if (++hunted_ > kMostHunted) return EndOfFrames();
    TryWindow();
  }
  void TryWindow() {
    const MpegHeader header = ReadMpegHeader(window_);
    const bool fits = header.kind == MpegHeader::Kind::kLayer3 && (frames_ == 0 || header.stream == first_.stream);
    if (!fits) return ReadOrEnd(1, &Mp3::OnHuntedByte);
    if (frames_ > 0) return CountFrame(header);
    first_ = header;
    Read(std::min<size_t>(header.frame_bytes - 4, kLookedAt), &Mp3::OnFirstFrame);
  }

  void OnFirstFrame(Bytes bytes) {
    table_frames_ = 0;
    table_bytes_ = 0;
    padding_samples_ = 0;
    if (bytes.Has(first_.side_bytes, "Xing") || bytes.Has(first_.side_bytes, "Info")) {
      ReadXing(bytes.From(first_.side_bytes));
    } else if (bytes.Has(32, "VBRI")) {
      table_bytes_ = bytes.Big32(32 + 10);
      table_frames_ = bytes.Big32(32 + 14);
    }
    Pass(int64_t{first_.frame_bytes} - 4 - static_cast<int64_t>(bytes.size()));
    ReadOrEnd(4, &Mp3::OnSecondHeader);
  }

  // Flags say what it has: frames, bytes, places to jump to, quality. Behind that the encoder tells, by its name, how
  // many samples it put before and behind the sound.
  void ReadXing(Bytes table) {
    const uint32_t flags = table.Big32(4);
    size_t at = 8;
    if ((flags & 1) != 0) table_frames_ = table.Big32(at);
    at += (flags & 1) != 0 ? 4 : 0;
    if ((flags & 2) != 0) table_bytes_ = table.Big32(at);
    at += ((flags & 2) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 100 : 0) + ((flags & 8) != 0 ? 4 : 0);
    if (!table.Has(at, "LAME") && !table.Has(at, "Lavf") && !table.Has(at, "Lavc")) return;
    const uint32_t paddings = table.Big32(at + 20) & 0xffffff;  // 12 bits each.
    padding_samples_ = (paddings >> 12) + (paddings & 0xfff);
  }

  // Eleven bits are soon found in anything: a second frame has to follow.
  void OnSecondHeader(Bytes bytes) {
    const MpegHeader header = ReadMpegHeader(bytes.Big32(0));
    const bool follows = header.kind == MpegHeader::Kind::kLayer3 && header.stream == first_.stream;
    if (!follows && !IsTrailer(bytes)) {
      if (!tagged_) return Unknown("it begins like an MP3 file, but does not go on like one");
      first_ = {};
      return Hunt(bytes);
    }
    if (table_frames_ > 0) {
      SetFrames(table_frames_);
      Know();
      return Rest();
    }
    frames_ = 1;
    OnNextHeader(bytes);
  }

  void OnNextHeader(Bytes bytes) {
    const MpegHeader header = ReadMpegHeader(bytes.Big32(0));
    if (header.kind == MpegHeader::Kind::kLayer3 && header.stream == first_.stream) return CountFrame(header);
    if (IsTrailer(bytes)) return EndOfFrames();
    Hunt(bytes);
  }

  void CountFrame(const MpegHeader& header) {
    ++frames_;
    Pass(int64_t{header.frame_bytes} - 4);
    ReadOrEnd(4, &Mp3::OnNextHeader);
  }

  void EndOfFrames() {
    if (frames_ == 0) return Break("it has no sound behind its ID3 tag");
    SetFrames(frames_);
    Know();
    Rest();
  }

  void SetFrames(uint64_t frames) {
    const uint64_t samples = frames * first_.frame_samples;
    info().duration = UnitsToDuration(samples - std::min(samples - 1, padding_samples_), first_.sample_rate);
  }

  // ID3 of the first version, APE, lyrics.
  static bool IsTrailer(Bytes bytes) {
    return bytes.Has(0, "TAG") || bytes.Has(0, "APET") || bytes.Has(0, "LYRI") || bytes.Has(0, "ID3");
  }

  void OnEnd() override {
    if (!known()) return first_.sample_rate != 0 && frames_ == 0 ? OnOnlyFrame() : EndOfFrames();
    // The count of bytes may or may not have the first frame in it.
    RequireSize(int64_t{table_bytes_} - int64_t{first_.frame_bytes} - kPadding);
  }
  void OnOnlyFrame() {
    frames_ = 1;
    EndOfFrames();
  }

  // Many files end within their last frame; decoders leave it out.
  void OnCut() override {
    if (frames_ > 1) return EndOfFrames();
    Parser::OnCut();
  }

  static constexpr size_t kLookedAt = 192;          // Bytes of a first frame, where tables stand.
  static constexpr int64_t kMostHunted = 64 << 10;  // Bytes between frames that are none.
  static constexpr int64_t kPadding = 4096;

  bool tagged_ = false;
  uint32_t window_ = 0;
  int64_t hunted_ = 0;
  MpegHeader first_;
  uint64_t frames_ = 0;  // Counted.
  uint32_t table_frames_ = 0;
  uint32_t table_bytes_ = 0;
  uint64_t padding_samples_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeMp3() { return std::make_unique<Mp3>(); }

}  // namespace seedance::media
