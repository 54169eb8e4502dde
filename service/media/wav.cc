#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/media/parsers.h"

// Tests: tests/unit/media/sound_test.cc, tests/unit/media/oracle_test.cc

namespace seedance::media {
namespace {

// Chunks: the format, then the audio. RF64 is the same with 64-bit sizes in a chunk of their own.
class Wav : public Parser {
 public:
  Wav() : Parser(model::MediaType::kAudio, "wav") { Read(12, &Wav::OnStart); }

 private:
  void OnStart(Bytes bytes) {
    wide_ = !bytes.Has(0, "RIFF");
    Read(8, &Wav::OnChunk);
  }

  void OnChunk(Bytes bytes) {
    size_ = bytes.Little32(4);
    if (bytes.Has(0, "ds64") && wide_ && size_ >= 16) return Read(16, &Wav::OnWideSizes);
    if (bytes.Has(0, "fmt ")) {
      if (size_ < 16) return Break("its format is too short");
      return Read(static_cast<size_t>(std::min<int64_t>(size_, kExtensibleBytes)), &Wav::OnFormat);
    }
    if (bytes.Has(0, "fact") && size_ >= 4) return Read(4, &Wav::OnFact);
    if (bytes.Has(0, "data")) return OnData();
    NextChunk(0);
  }

  void OnWideSizes(Bytes bytes) {
    wide_data_ = bytes.Little64(8);
    NextChunk(16);
  }

  void OnFormat(Bytes bytes) {
    const int64_t read = std::min<int64_t>(size_, kExtensibleBytes);
    uint16_t codec = bytes.Little16(0);
    // The extensible format names its codec in a field of its own.
    if (codec == kExtensible) codec = read == kExtensibleBytes ? bytes.Little16(24) : kPcm;
    const uint64_t channels = std::max<uint64_t>(bytes.Little16(2), 1);
    const uint64_t rate = bytes.Little32(4);
    const uint64_t block = bytes.Little16(12);
    // Codecs with samples of one size (PCM, A-law, mu-law) have an implied rate; others state one.
    const bool plain = codec == kPcm || codec == 3 || codec == 6 || codec == 7;
    bytes_per_second_ = plain && block > 0 ? rate * block : bytes.Little32(8);
    sample_rate_ = plain ? 0 : rate;
    block_ = block;
    if (codec == kMsAdpcm && block > 7 * channels) samples_of_block_ = (block / channels - 7) * 2 + 2;
    if (codec == kImaAdpcm && block > 4 * channels) samples_of_block_ = (block / channels - 4) * 2 + 1;
    if (rate == 0 || bytes_per_second_ == 0) return Break("its audio has no sample rate");
    NextChunk(read);
  }

  // Number of samples of compressed audio; the rate in the format is only an estimate.
  void OnFact(Bytes bytes) {
    samples_ = bytes.Little32(0);
    NextChunk(4);
  }

  void OnData() {
    if (bytes_per_second_ == 0) return Break("its audio precedes its format");
    data_at_ = position();
    uint64_t size = static_cast<uint64_t>(size_);
    if (wide_ && size_ == 0xffffffff) size = wide_data_;
    // Writers to a pipe do not know the size: they write 0, all ones, or some number just below 2 GiB.
    const bool to_the_end = size == 0 || (!wide_ && size >= 0x7ffff000);
    if (to_the_end || size > (uint64_t{1} << 62)) return Rest();
    info().duration = DurationOf(size);
    Know();
    Pass(static_cast<int64_t>(size));
    ReadOrEnd(1, &Wav::OnTrailer);
  }

  void OnTrailer(Bytes) { Rest(); }

  void OnEnd() override {
    if (known()) return;
    const int64_t size = file_size() - data_at_;
    if (size <= 0) return Break("it has no audio");
    info().duration = DurationOf(static_cast<uint64_t>(size));
    Know();
  }

  // Duration of `size` bytes of audio. Writers of ADPCM state wrong byte rates, but its blocks have a known number of
  // samples; the last block may be partial.
  absl::Duration DurationOf(uint64_t size) const {
    if (samples_of_block_ > 0) {
      const uint64_t held = size / block_ * samples_of_block_ + size % block_ * samples_of_block_ / block_;
      const bool fits = samples_ > 0 && samples_ <= held + samples_of_block_ && samples_ + samples_of_block_ >= held;
      return UnitsToDuration(fits ? samples_ : held, sample_rate_);
    }
    if (samples_ > 0 && sample_rate_ > 0) return UnitsToDuration(samples_, sample_rate_);
    return UnitsToDuration(size, bytes_per_second_);
  }

  // Some writers are wrong by some bytes, which limits on durations do not notice.
  void OnCut() override {
    const int64_t slack = static_cast<int64_t>(std::min<uint64_t>(bytes_per_second_ / 20, kMostSlack));
    if (known() && file_size() > data_at_ && claimed_size() - file_size() <= slack) return;
    Parser::OnCut();
  }

  // Chunks begin at even offsets.
  void NextChunk(int64_t read) {
    Pass(size_ - read + (size_ & 1));
    Read(8, &Wav::OnChunk);
  }

  static constexpr uint64_t kMostSlack = 4096;
  static constexpr uint16_t kPcm = 1;
  static constexpr uint16_t kMsAdpcm = 2;
  static constexpr uint16_t kImaAdpcm = 0x11;
  static constexpr uint16_t kExtensible = 0xfffe;
  static constexpr int64_t kExtensibleBytes = 26;  // Up to the codec.

  bool wide_ = false;
  int64_t size_ = 0;  // Of the chunk at hand.
  uint64_t wide_data_ = 0;
  uint64_t bytes_per_second_ = 0;
  uint64_t sample_rate_ = 0;  // Of compressed sound.
  uint64_t samples_ = 0;      // 0: not told.
  uint64_t block_ = 0;
  uint64_t samples_of_block_ = 0;  // 0: not known.
  int64_t data_at_ = 0;
};

}  // namespace

std::unique_ptr<Parser> MakeWav() { return std::make_unique<Wav>(); }

}  // namespace seedance::media
