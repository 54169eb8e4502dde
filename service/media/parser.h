#ifndef SEEDANCE_SERVICE_MEDIA_PARSER_H_
#define SEEDANCE_SERVICE_MEDIA_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/time/time.h"
#include "service/media/bytes.h"
#include "service/media/prober.h"

namespace seedance::media {

// Reads the headers of one family of formats, step by step: it says how many bytes to leave out and how many to hand
// over next, and which of its functions reads them. The prober moves the bytes. A constructor asks for the first bytes.
//
// In a step exactly one of Read, ReadOrEnd, Scan, Restart and Rest has to be called last, after any number of Pass or
// PassOrEnd.
class Parser {
 public:
  virtual ~Parser() = default;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // For the prober.

  // How many bytes to leave out, then how many to hand over in one piece (0: none, the rest does not matter).
  int64_t skip() const { return resting_ ? std::numeric_limits<int64_t>::max() : skip_; }
  size_t want() const { return want_; }
  void Skipped(int64_t bytes);
  void Take(std::string_view bytes);
  // Whether it takes what comes, in pieces of any length, with Scanned: how many of the bytes it took. Not with a skip.
  bool scans() const { return scan_ != nullptr; }
  size_t Scanned(std::string_view bytes);
  // Whether the last bytes taken begin a file of another kind, which another parser has to read.
  bool restarts() const { return restarts_; }
  // The file has ended, `held` bytes after the last one taken or skipped.
  void Finish(size_t held);

  bool done() const { return done_; }
  const Findings& findings() const { return findings_; }

  // No parser asks for more at a time.
  static constexpr size_t kMostWanted = 64 << 10;

 protected:
  Parser(model::MediaType type, std::string_view container);

  // Leaves the next bytes out. The file claims to have them: one that ends before is cut off.
  void Pass(int64_t bytes);
  // The same, where the file may end within these bytes.
  void PassOrEnd(int64_t bytes);
  // Hands the next `bytes` bytes (1 to kMostWanted) to `step`. A file that ends before is cut off.
  template <class Self>
  void Read(size_t bytes, void (Self::*step)(Bytes)) {
    static_assert(std::is_base_of_v<Parser, Self>);
    Ask(bytes, static_cast<Step>(step), false);
  }
  // The same, where the file may end instead.
  template <class Self>
  void ReadOrEnd(size_t bytes, void (Self::*step)(Bytes)) {
    static_assert(std::is_base_of_v<Parser, Self>);
    Ask(bytes, static_cast<Step>(step), true);
  }
  // Hands what follows to `scan`, in pieces of any length, until it calls something else than Scan again. It returns
  // how many bytes of the piece it used: at least one when it goes on. The file may end at any of them. In it,
  // position() is where the piece begins.
  template <class Self>
  void Scan(size_t (Self::*scan)(Bytes)) {
    static_assert(std::is_base_of_v<Parser, Self>);
    if (resting_) return;
    scan_ = static_cast<ScanStep>(scan);
    may_end_ = true;
  }
  // In a step of Read: its bytes are the beginning of a file of another kind.
  void Restart();
  // Nothing that follows matters.
  void Rest();

  // Width and height are known, except whether the picture is shown turned.
  void SizeIsKnown() { findings_.sized = true; }
  // What is known does not change any more.
  void Know();
  // The headers cannot be right; the rest does not matter. What is known stays so, until the file has ended.
  void Break(std::string problem);
  // It is not of this format after all.
  void Unknown(std::string problem);

  // In a step: where the next Pass or Read begins.
  int64_t position() const { return position_ + skip_; }
  bool broken() const { return findings_.state == Findings::State::kBroken; }
  bool known() const { return findings_.state == Findings::State::kKnown; }
  model::MediaInfo& info() { return findings_.info; }
  void set_type(model::MediaType type) { findings_.type = type; }

  // Sets width and height. Breaks and returns false when they are no size.
  bool SetSize(int64_t width, int64_t height);
  // For OnEnd and OnCut: how long the file is, and to where its headers said it would reach at least.
  int64_t file_size() const { return position_; }
  int64_t claimed_size() const { return claimed_size_; }
  // Breaks when the file, which has ended, is shorter than this.
  void RequireSize(int64_t size);

  // The file ended where it may, or in its Rest. Default: what is known by now counts.
  virtual void OnEnd() {}
  // The file ended where it may not. Default: Break.
  virtual void OnCut();

 private:
  using Step = void (Parser::*)(Bytes);
  using ScanStep = size_t (Parser::*)(Bytes);

  void Ask(size_t bytes, Step step, bool may_end);
  void BeginStep();
  void EndStep();

  Findings findings_;
  int64_t position_ = 0;
  int64_t skip_ = 0;
  size_t want_ = 0;
  Step step_ = nullptr;
  ScanStep scan_ = nullptr;
  int64_t claimed_size_ = 0;
  bool resting_ = false;
  bool restarts_ = false;
  bool skip_claimed_ = false;  // The file claims to have the bytes to skip.
  bool may_end_ = false;
  bool ended_ = false;
  bool done_ = false;
};

// `units` of 1 / `per_second` seconds, at most some centuries. Zero when `per_second` is.
absl::Duration UnitsToDuration(uint64_t units, uint64_t per_second);
// `a` + `b`, or the largest number.
uint64_t AddSaturated(uint64_t a, uint64_t b);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PARSER_H_
