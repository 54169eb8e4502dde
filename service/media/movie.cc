#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/media/boxes.h"
#include "service/media/parsers.h"
#include "service/media/sniff.h"
#include "service/media/track.h"

namespace seedance::media {
namespace {

using model::MediaType;

// The box `moov`, first or last, has the tracks. A fragmented movie (`mvex` in it) has only their beginning there; a
// `moof` box per fragment describes the other samples, and all of them must be read.
class Movie : public BoxParser {
 public:
  explicit Movie(std::string_view container)
      : BoxParser(MediaType::kVideo, container.empty() ? "mov" : container), named_(!container.empty()) {
    branded_sound_ = container == kSound;
  }

 private:
  static constexpr std::string_view kSound = "m4a";
  static constexpr size_t kMostBrandBytes = 256;
  static constexpr size_t kMostDefaults = 64;
  static constexpr size_t kPieceBytes = 4080;  // Of a table; a multiple of rows of 4, 8, 12 and 16 bytes.

  void OnBox(uint32_t type, uint32_t parent) override {
    switch (parent) {
      case 0:
        return OnTopBox(type);
      case Tag("moov"):
        return OnMovieBox(type);
      case Tag("trak"):
        if (type == Tag("tkhd")) return ReadTable(&Movie::OnTrackHeader, 84, 96);
        return type == Tag("mdia") || type == Tag("edts") ? Enter() : NextBox();
      case Tag("edts"):
        return type == Tag("elst") && left() >= 8 ? ReadTable(&Movie::OnEdits, 8, 8) : NextBox();
      case Tag("mdia"):
        if (type == Tag("mdhd")) return ReadTable(&Movie::OnMediaHeader, 20, 32);
        if (type == Tag("hdlr")) return ReadBox(12, &Movie::OnHandler);
        return type == Tag("minf") ? Enter() : NextBox();
      case Tag("minf"):
        return type == Tag("stbl") ? Enter() : NextBox();
      case Tag("stbl"):
        if (type == Tag("stts")) return ReadBox(8, &Movie::OnTimes);
        return type == Tag("stsd") && left() >= 16 ? ReadBox(16, &Movie::OnDescriptions) : NextBox();
      case Tag("mvex"):
        if (type == Tag("trex")) return ReadBox(16, &Movie::OnDefaults);
        return type == Tag("mehd") ? ReadTable(&Movie::OnFragmentedDuration, 8, 12) : NextBox();
      case Tag("moof"):
        if (type != Tag("traf")) return NextBox();
        fragment_ = {};
        return Enter();
      case Tag("traf"):
        if (type == Tag("tfhd")) return ReadBox(8, &Movie::OnFragmentHeader);
        return type == Tag("trun") ? ReadBox(8, &Movie::OnRun) : NextBox();
      default:
        return NextBox();
    }
  }

  void OnTopBox(uint32_t type) {
    switch (type) {
      case Tag("ftyp"):
        if (named_ || left() < 8) return NextBox();
        return ReadBox(std::min(static_cast<size_t>(left()), kMostBrandBytes), &Movie::OnBrands);
      case Tag("moov"):
        return seen_ ? NextBox() : Enter();
      case Tag("mdat"):
        data_ = true;
        return NextBox();
      case Tag("moof"):
        return fragmented_ ? Enter() : NextBox();
      case Tag("sidx"):
        return fragmented_ ? ReadTable(&Movie::OnIndex, 24, 32) : NextBox();
      default:
        return NextBox();
    }
  }

  void OnMovieBox(uint32_t type) {
    switch (type) {
      case Tag("mvhd"):
        return ReadTable(&Movie::OnMovieHeader, 20, 32);
      case Tag("trak"):
        track_ = {};
        return Enter();
      case Tag("mvex"):
        fragmented_ = true;
        return Enter();
      default:
        return NextBox();
    }
  }

  void OnLeave(uint32_t type) override {
    if (type == Tag("trak")) {
      if (track_.handler == Tag("vide") && Rank(track_) > Rank(video_)) video_ = track_;
      if (track_.handler == Tag("soun")) sound_ = true;
    } else if (type == Tag("moov")) {
      OnMovie();
    }
  }

  // Rank of a video track as the picture; 0: not at all. A disabled one is shown when there is no other, but in an
  // audio file it is the cover.
  int Rank(const Track& track) const {
    if (track.handler == 0 || (branded_sound_ && !track.enabled)) return 0;
    return 1 + (track.enabled ? 1 : 0) + (track.HasSize() ? 2 : 0);
  }

  // After the samples anything may follow except further parts of the movie.
  bool MayEndIn(uint32_t type) const override {
    if (!seen_ || !data_ || type == Tag("mdat")) return false;
    if (!fragmented_) return true;
    constexpr std::array kParts = {Tag("moof"), Tag("styp"), Tag("sidx"), Tag("ssix"), Tag("emsg"), Tag("prft")};
    return std::find(kParts.begin(), kParts.end(), type) == kParts.end();
  }

  // Boxes of two versions: times have 32 bits in version 0, 64 in version 1.
  void ReadTable(void (Movie::*step)(Bytes), size_t short_bytes, size_t long_bytes) {
    short_bytes_ = short_bytes;
    long_bytes_ = long_bytes;
    table_step_ = step;
    ReadBox(4, &Movie::OnVersion);
  }
  void OnVersion(Bytes bytes) {
    long_ = bytes.At(0) == 1;
    flags_ = bytes.Big32(0) & 0xffffff;
    // The four bytes of version and flags have been read.
    ReadBox((long_ ? long_bytes_ : short_bytes_) - 4, table_step_);
  }
  uint64_t Time(Bytes bytes, size_t at) const { return long_ ? bytes.Big64(at) : bytes.Big32(at); }
  // All ones means unknown.
  uint64_t Length(Bytes bytes, size_t at) const {
    const uint64_t length = Time(bytes, at);
    return length == (long_ ? ~uint64_t{0} : ~uint32_t{0}) ? 0 : length;
  }
  size_t time_bytes() const { return long_ ? 8 : 4; }

  void OnBrands(Bytes bytes) {
    named_ = true;
    info().container = std::string(ContainerOfBrands(bytes.Text(0)));
    branded_sound_ = info().container == kSound;
    NextBox();
  }

  void OnMovieHeader(Bytes bytes) {
    timescale_ = bytes.Big32(2 * time_bytes());
    length_ = Length(bytes, 2 * time_bytes() + 4);
    NextBox();
  }

  void OnTrackHeader(Bytes bytes) {
    track_.enabled = (flags_ & 1) != 0;
    track_.id = bytes.Big32(2 * time_bytes());
    track_.length = Length(bytes, 2 * time_bytes() + 8);
    const size_t matrix = 3 * time_bytes() + 8 + 16;
    track_.turned = bytes.Big32(matrix) == 0 && bytes.Big32(matrix + 16) == 0 && bytes.Big32(matrix + 4) != 0;
    track_.shown_width = bytes.Big16(matrix + 36);
    track_.shown_height = bytes.Big16(matrix + 40);
    NextBox();
  }

  // Per edit: duration, start in the media (-1: shows nothing), rate.
  void OnEdits(Bytes bytes) {
    const int64_t fitting = left() / static_cast<int64_t>(edit_bytes());
    ReadRows(static_cast<uint32_t>(std::min<int64_t>(bytes.Big32(0), fitting)), edit_bytes(), &Movie::OnEditRows);
  }
  void OnEditRows(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += edit_bytes()) {
      const bool empty = Time(bytes, at + time_bytes()) == (long_ ? ~uint64_t{0} : ~uint32_t{0});
      if (!empty) track_.edited = AddSaturated(track_.edited, Time(bytes, at));
    }
    ReadRows(rows_, edit_bytes(), &Movie::OnEditRows);
  }
  size_t edit_bytes() const { return 2 * time_bytes() + 4; }

  void OnMediaHeader(Bytes bytes) {
    track_.timescale = bytes.Big32(2 * time_bytes());
    track_.media_length = Length(bytes, 2 * time_bytes() + 4);
    NextBox();
  }

  void OnHandler(Bytes bytes) {
    track_.handler = bytes.Big32(8);
    NextBox();
  }

  // The first description: its length and codec have been read.
  void OnDescriptions(Bytes bytes) {
    if (bytes.Big32(4) == 0 || left() < 28) return NextBox();
    ReadBox(28, &Movie::OnDescription);
  }
  void OnDescription(Bytes bytes) {
    track_.coded_width = bytes.Big16(24);
    track_.coded_height = bytes.Big16(26);
    NextBox();
  }

  void OnTimes(Bytes bytes) { ReadRows(bytes.Big32(4), 8, &Movie::OnTimeRows); }
  void OnTimeRows(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += 8) track_.Add(bytes.Big32(at), bytes.Big32(at + 4));
    ReadRows(rows_, 8, &Movie::OnTimeRows);
  }

  // Hands the next rows of a table to `step`, which calls this again with `rows_`.
  void ReadRows(uint32_t rows, size_t row_bytes, void (Movie::*step)(Bytes)) {
    if (rows == 0) return NextBox();
    const uint32_t now = std::min(rows, static_cast<uint32_t>(kPieceBytes / row_bytes));
    rows_ = rows - now;
    ReadBox(now * row_bytes, step);
  }

  void OnDefaults(Bytes bytes) {
    if (defaults_.size() == kMostDefaults) return Break("it has too many tracks");
    defaults_.push_back({bytes.Big32(4), bytes.Big32(12)});
    NextBox();
  }

  void OnFragmentedDuration(Bytes bytes) {
    length_ = std::max(length_, Length(bytes, 0));
    NextBox();
  }

  void OnFragmentHeader(Bytes bytes) {
    const uint32_t flags = bytes.Big32(0) & 0xffffff;
    fragment_.track = bytes.Big32(4);
    for (const Defaults& defaults : defaults_) {
      if (defaults.track == fragment_.track) fragment_.sample_length = defaults.sample_length;
    }
    if ((flags & 8) == 0) return NextBox();
    Pass(((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0));
    ReadBox(4, &Movie::OnSampleLength);
  }
  void OnSampleLength(Bytes bytes) {
    fragment_.sample_length = bytes.Big32(0);
    NextBox();
  }

  void OnRun(Bytes bytes) {
    const uint32_t flags = bytes.Big32(0) & 0xffffff;
    const uint32_t samples = bytes.Big32(4);
    if (samples > 0) data_ = false;
    if (fragment_.track != video_.id) return NextBox();
    in_fragments_ = in_fragments_ || samples > 0;
    run_row_bytes_ = 0;
    for (const uint32_t field : {0x100u, 0x200u, 0x400u, 0x800u}) run_row_bytes_ += (flags & field) != 0 ? 4 : 0;
    if ((flags & 0x100) == 0) {
      // Rows that are not read count with their size.
      if (left() < static_cast<int64_t>(samples * uint64_t{run_row_bytes_}))
        return Break("its box `trun` is too short");
      video_.Add(samples, fragment_.sample_length);
      return NextBox();
    }
    Pass(((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0));
    ReadRows(samples, run_row_bytes_, &Movie::OnRunRows);
  }
  void OnRunRows(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += run_row_bytes_) video_.Add(1, bytes.Big32(at));
    ReadRows(rows_, run_row_bytes_, &Movie::OnRunRows);
  }

  void OnIndex(Bytes bytes) {
    index_timescale_ = bytes.Big32(4);
    index_is_video_ = bytes.Big32(0) == video_.id;
    // Its parts are consecutive from here on.
    const uint64_t from = AddSaturated(static_cast<uint64_t>(position() + left()), Time(bytes, 8 + time_bytes()));
    reach_ = std::max(reach_, from);
    index_end_ = from;
    ReadRows(bytes.Big16(8 + 2 * time_bytes() + 2), 12, &Movie::OnIndexRows);
  }
  void OnIndexRows(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += 12) {
      index_end_ = AddSaturated(index_end_, bytes.Big32(at) & 0x7fffffff);
      // The first bit marks a part that is itself an index and states its own length.
      if (index_is_video_ && (bytes.At(at) & 0x80) == 0) {
        indexed_ += UnitsToDuration(bytes.Big32(at + 4), index_timescale_);
      }
    }
    reach_ = std::max(reach_, index_end_);
    ReadRows(rows_, 12, &Movie::OnIndexRows);
  }

  // `moov` has been read completely.
  void OnMovie() {
    seen_ = true;
    if (video_.handler == 0) {
      if (!sound_ && !branded_sound_) return Break("it has no video track");
      info().duration = UnitsToDuration(length_, timescale_);
      return KnowSound();
    }
    if (branded_sound_) info().container = "mp4";
    if (!video_.SetSizeOf(info())) return Break("its video track has no size");
    if (!fragmented_) Conclude(video_.Shown(timescale_));
  }

  void KnowSound() {
    set_type(MediaType::kAudio);
    info().container = std::string(kSound);
    Know();
  }

  void OnLastBox() override {
    if (!seen_) return branded_sound_ ? KnowSound() : Break("it has no box `moov`");
    if (fragmented_ && !known()) {
      absl::Duration duration = in_fragments_ ? video_.Sampled() : absl::ZeroDuration();
      if (duration <= absl::ZeroDuration() && video_.samples > 0) duration = video_.Shown(timescale_);
      if (duration <= absl::ZeroDuration()) duration = indexed_;
      if (duration <= absl::ZeroDuration()) duration = UnitsToDuration(length_, timescale_);
      Conclude(duration);
    }
    if (!data_ && !broken()) return Break("it ends before its samples");
    RequireSize(static_cast<int64_t>(std::min(reach_, uint64_t{1} << 62)));
  }

  void Conclude(absl::Duration duration) {
    if (duration <= absl::ZeroDuration()) return Break("its video track has no duration");
    info().duration = duration;
    info().frame_rate = video_.FrameRate();
    Know();
  }

  bool named_;                  // Whether the container is known.
  bool branded_sound_ = false;  // Its brand is one of audio files; some of them are movies.
  bool seen_ = false;           // `moov`.
  bool data_ = false;           // Whether samples (`mdat`) followed the last headers that require them.
  bool sound_ = false;
  bool fragmented_ = false;
  bool in_fragments_ = false;  // Whether fragments have samples of the video track.
  uint64_t timescale_ = 0;     // Of the movie, as `length_`.
  uint64_t length_ = 0;
  Track track_;  // The present one.
  Track video_;  // The picture.

  struct Defaults {
    uint32_t track = 0;
    uint32_t sample_length = 0;
  };
  std::vector<Defaults> defaults_;
  Defaults fragment_;  // The present one.
  size_t run_row_bytes_ = 0;

  absl::Duration indexed_;
  uint64_t index_timescale_ = 0;
  bool index_is_video_ = false;
  uint64_t index_end_ = 0;
  uint64_t reach_ = 0;  // End offset of the file by its indices.

  // Of the table at hand.
  size_t short_bytes_ = 0;
  size_t long_bytes_ = 0;
  void (Movie::*table_step_)(Bytes) = nullptr;
  bool long_ = false;
  uint32_t flags_ = 0;
  uint32_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeMovie(std::string_view container) { return std::make_unique<Movie>(container); }

}  // namespace seedance::media
