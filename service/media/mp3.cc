#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/media/mp3_tags.h"
#include "service/media/mpeg_audio.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/sound_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// Consecutive frames, and tags. Files are concatenations, each part with tags and a table of its own, and may begin
// with anything: all frames are counted, and what is between them is skipped.
class Mp3 : public Parser {
 public:
  // `otherwise`: problem to report when it is no MP3, for a file that does not begin like one.
  explicit Mp3(std::string otherwise)
      : Parser(otherwise.empty() ? model::MediaType::kAudio : model::MediaType::kUnspecified,
               otherwise.empty() ? "mp3" : ""),
        otherwise_(std::move(otherwise)) {
    if (otherwise_.empty()) {
      Read(4, &Mp3::OnStart);
    } else {
      synced_ = false;
      Scan(&Mp3::OnPiece);
    }
  }

 private:
  // What the next bytes are, and how many.
  struct Part {
    enum class Kind { kMore, kFrame, kTag, kJunk } kind = Kind::kMore;  // kMore: too few to tell.
    int64_t bytes = 0;
  };
  enum class Answer { kNo, kYes, kMore };

  void OnStart(Bytes bytes) {
    if (bytes.Has(0, "ID3")) return Read(6, &Mp3::OnTag);
    // A file of another kind may follow a tag.
    if (tagged_ && bytes.Has(0, "fLaC")) return Become("flac");
    if (tagged_ && ReadMpegHeader(bytes.Big32(0)).kind == MpegHeader::Kind::kAdts) return Become("aac");
    for (const std::string_view other : {"RIFF", "RF64", "BW64", "OggS"}) {
      if (tagged_ && bytes.Has(0, other)) return Restart();
    }
    begins_at_ = position() - 4;
    Hold(bytes);
  }

  // The tag without its first four bytes.
  void OnTag(Bytes bytes) {
    const std::string tag = "ID3\x04" + std::string(bytes.Text(0));
    const int64_t length = Mp3TagLength(Bytes(tag));
    tagged_ = true;
    Pass(std::max<int64_t>(length, 10) - 10);
    Read(4, &Mp3::OnStart);
  }

  void Become(std::string_view container) {
    info().container = std::string(container);
    Know();
    Rest();
  }

  // Holds the four bytes read last, and the next.
  void Hold(Bytes bytes) {
    held_ = std::string(bytes.Text(0));
    held_at_ = position() - static_cast<int64_t>(held_.size());
    Scan(&Mp3::OnPiece);
  }

  size_t OnPiece(Bytes piece) {
    const size_t walked = held_.empty() ? Walk(piece) : 0;
    if (walked >= piece.size()) {
      PassTo(static_cast<int64_t>(walked - piece.size()));
      return piece.size();
    }
    if (held_.empty()) held_at_ = position() + static_cast<int64_t>(walked);
    // Between frames a few bytes suffice to continue.
    const size_t room = synced_ && frames_ > 0 ? kMp3TableBytes : kMostHeld - held_.size();
    const size_t used = std::min(piece.size() - walked, room);
    held_.append(piece.Text(walked, used));
    Work(false);
    return walked + used;
  }

  // Counts consecutive frames. Returns where the last one ends, which may be beyond the piece.
  size_t Walk(Bytes piece) {
    size_t at = 0;
    while (synced_ && !at_table_ && at + 4 <= piece.size()) {
      const MpegHeader header = ReadMpegHeader(piece.Big32(at));
      if (!IsFrame(header)) break;
      CountFrame();
      at += header.frame_bytes;
    }
    return at;
  }

  // The next part begins `bytes` further on. A last frame may be cut off; decoders leave it out.
  void PassTo(int64_t bytes) {
    Pass(bytes);
    Scan(&Mp3::OnPiece);
  }

  // Goes through the bytes held until they are too few, or the next part begins behind them. `ended`: the file has.
  void Work(bool ended) {
    size_t at = Walk(Bytes(held_));
    if (at > held_.size()) {
      const size_t behind = at - held_.size();
      held_.clear();
      return PassTo(static_cast<int64_t>(behind));
    }
    while (at < held_.size()) {
      const Bytes rest = Bytes(held_).From(at);
      const Part part = Judge(rest, ended);
      if (part.kind == Part::Kind::kMore) break;
      if (part.kind == Part::Kind::kJunk && Hunted()) return Conclude();
      if (part.kind == Part::Kind::kFrame) OnFrame(rest, held_at_ + static_cast<int64_t>(at));
      if (part.kind == Part::Kind::kTag) BeginFile();
      const int64_t behind = part.bytes - static_cast<int64_t>(rest.size());
      if (behind >= 0 && part.kind != Part::Kind::kJunk) {
        held_.clear();
        return PassTo(behind);
      }
      at += static_cast<size_t>(part.bytes);
    }
    held_.erase(0, at);
    held_at_ += static_cast<int64_t>(at);
    Scan(&Mp3::OnPiece);
  }

  // Whether there was more junk now, or in all, than can be.
  bool Hunted() { return ++hunted_ > kMostHunted || ++junk_ > kMostJunk; }

  Part Judge(Bytes rest, bool ended) {
    const uint8_t first = rest.At(0);
    if (first != 0xff && first != 'I' && first != 'A') return Junk();
    if (rest.size() < kMp3TagBytes && !ended) return {};
    if (const int64_t length = Mp3TagLength(rest); length > 0) return {Part::Kind::kTag, length};
    const MpegHeader header = ReadMpegHeader(rest.Big32(0));
    if (header.kind != MpegHeader::Kind::kLayer3 || rest.size() < 4) return Junk();
    const bool sure = synced_ && IsFrame(header);
    const Answer answer = sure ? Answer::kYes : IsStream(rest, header.stream, ended);
    if (answer == Answer::kNo) return Junk();
    if (answer == Answer::kMore) return {};
    const bool looks = at_table_ || header.stream != stream_.stream;
    if (looks && !ended && rest.size() < std::min<size_t>(header.frame_bytes, kMp3TableBytes)) return {};
    return {Part::Kind::kFrame, header.frame_bytes};
  }
  Part Junk() {
    synced_ = false;
    return {Part::Kind::kJunk, 1};
  }

  bool IsFrame(const MpegHeader& header) const {
    return header.kind == MpegHeader::Kind::kLayer3 && header.stream == stream_.stream;
  }

  // The 11 sync bits occur by chance: further frames must follow, more of them the less is known.
  Answer IsStream(Bytes bytes, uint32_t stream, bool ended) const {
    const bool begins = synced_ && frames_ == 0;  // The file, or behind its tag.
    const bool goes_on = frames_ > 0 && stream == stream_.stream;
    const int least = begins || goes_on ? 1 : 2;  // Before the end or a tag.
    size_t at = 0;
    for (int frames = 0; frames <= least; ++frames) {
      const bool at_end = at + 4 > bytes.size();
      if (at_end && !ended) return Answer::kMore;
      if (at_end && begins && at > bytes.size()) return Answer::kNo;
      const MpegHeader header = ReadMpegHeader(bytes.Big32(at));
      if (at_end || header.kind != MpegHeader::Kind::kLayer3 || header.stream != stream) {
        return frames >= least && (at_end || IsMp3Trailer(bytes.From(at))) ? Answer::kYes : Answer::kNo;
      }
      at += header.frame_bytes;
    }
    return Answer::kYes;
  }

  void OnFrame(Bytes frame, int64_t position) {
    const MpegHeader header = ReadMpegHeader(frame.Big32(0));
    const bool looks = at_table_ || header.stream != stream_.stream;
    hunted_ = 0;
    synced_ = true;
    SetStream(header);
    if (!looks) return CountFrame();
    at_table_ = false;
    const Mp3Table table = ReadMp3Table(frame, header);
    // Decoders leave out what the encoder added where the table is the first thing in the file.
    if (frames_ == 0 && position == begins_at_) {
      table_ = table;
      table_rate_ = header.sample_rate;
    }
    if (table.frames == 0) CountFrame();
    if (table.frames == 0 && table.bytes == 0) return;
    claimed_frames_ = table.frames;
    // The count of bytes may or may not have this frame in it.
    claimed_end_ = table.bytes > 0 ? position + int64_t{table.bytes} - kPadding : 0;
    file_frames_ = 0;
  }

  void CountFrame() {
    ++frames_;
    ++stream_frames_;
    ++file_frames_;
    // A file may be joined to another with nothing between them. The table's frame may be in its count or not.
    at_table_ = claimed_frames_ > 0 && file_frames_ + 1 >= claimed_frames_ && file_frames_ <= claimed_frames_ + 1;
  }

  // A tag: what follows is a file of its own.
  void BeginFile() {
    tagged_ = true;
    hunted_ = 0;
    synced_ = true;
    if (frames_ > 0) {
      claimed_frames_ = 0;
      claimed_end_ = 0;
    }
    at_table_ = true;
  }

  void SetStream(const MpegHeader& header) {
    if (header.stream != stream_.stream) {
      before_ += StreamDuration();
      stream_frames_ = 0;
    }
    stream_ = header;
    set_type(model::MediaType::kAudio);
    info().container = "mp3";
  }

  absl::Duration StreamDuration() const {
    return UnitsToDuration(stream_frames_ * stream_.frame_samples, stream_.sample_rate);
  }

  void Conclude() {
    if (frames_ == 0 && stream_.sample_rate == 0) {
      if (tagged_) return BreakWithoutSound();
      return Unknown(otherwise_.empty() ? "it begins like an MP3 file, but no further frames follow" : otherwise_);
    }
    if (frames_ == 0) return Break("it has a table of frames, but none of them");
    info().duration = before_ + StreamDuration() - Padding();
    Know();
    Rest();
  }
  void BreakWithoutSound() {
    set_type(model::MediaType::kAudio);
    info().container = "mp3";
    Break("it has no audio after its ID3 tag");
  }

  // Encoder padding is excluded; at the end of the audio only where that is the end of the file. The decoder delay of
  // 529 samples shifts from one end to the other.
  absl::Duration Padding() const {
    constexpr uint64_t kDecoderDelay = 529;
    const bool joined = frames_ > uint64_t{table_.frames} + 1;
    uint64_t samples = table_.samples_before;
    if (samples > 0 || table_.samples_behind > 0) samples += joined ? kDecoderDelay : table_.samples_behind;
    const absl::Duration sum = before_ + StreamDuration();
    return std::min(UnitsToDuration(samples, table_rate_), sum / 2);
  }

  void OnEnd() override {
    if (!known()) Work(true);
    if (!known()) Conclude();
    RequireSize(claimed_end_);
    const uint64_t missing = claimed_frames_ - std::min<uint64_t>(file_frames_, claimed_frames_);
    if (claimed_end_ == 0 && missing * stream_.frame_bytes > kPadding && known()) {
      Break(absl::StrCat("it is truncated: it has ", file_frames_, " frames, and its table claims ", claimed_frames_));
    }
  }

  // Many files end within their last frame; decoders leave it out.
  void OnCut() override { return frames_ > 1 ? OnEnd() : Parser::OnCut(); }

  static constexpr size_t kMostHeld = 16 << 10;     // Enough for several of the longest frames.
  static constexpr int64_t kMostHunted = 64 << 10;  // Bytes between frames that are none.
  static constexpr int64_t kMostJunk = 1 << 20;     // All of them.
  static constexpr int64_t kPadding = 4096;

  const std::string otherwise_;
  bool tagged_ = false;
  std::string held_;
  int64_t held_at_ = 0;   // Where in the file it begins.
  bool synced_ = true;    // What comes next should be a frame or a tag.
  bool at_table_ = true;  // What comes next may be a frame with a table.
  int64_t hunted_ = 0;
  int64_t junk_ = 0;

  MpegHeader stream_;  // Of the last frame.
  uint64_t frames_ = 0;
  uint64_t stream_frames_ = 0;  // Since the stream was another.
  absl::Duration before_;       // All before that.
  int64_t begins_at_ = -1;      // Behind the tags at the beginning; -1: with junk there.
  Mp3Table table_;              // Of the first file.
  uint32_t table_rate_ = 0;     // Its samples per second.

  // Of the last table.
  uint64_t claimed_frames_ = 0;
  int64_t claimed_end_ = 0;   // 0: not told.
  uint64_t file_frames_ = 0;  // Since then.
};

}  // namespace

std::unique_ptr<Parser> MakeMp3() { return std::make_unique<Mp3>(""); }

std::unique_ptr<Parser> MakeMp3Or(std::string otherwise) { return std::make_unique<Mp3>(std::move(otherwise)); }

}  // namespace seedance::media
