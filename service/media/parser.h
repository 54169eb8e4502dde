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

// Base class of parsers: reads the headers of one family of formats step by step. Each step states how many bytes to
// skip, how many it needs next and which member function reads them; the prober moves the bytes. The constructor
// requests the first bytes.
//
// A step calls exactly one of Read, ReadOrEnd, Scan, Restart and Rest last, after any number of Pass or PassOrEnd. For
// one thread.
//
// Tests: tests/unit/media/hostile_test.cc, tests/unit/media/oracle_test.cc
class Parser {
 public:
  virtual ~Parser() = default;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Interface for the prober.

  // Bytes to skip, then bytes to hand over in one piece (0: none, the rest is irrelevant).
  int64_t skip() const { return resting_ ? std::numeric_limits<int64_t>::max() : skip_; }
  size_t want() const { return want_; }
  // Reports skipped bytes; hands over `want()` bytes.
  void Skipped(int64_t bytes);
  void Take(std::string_view bytes);
  // Whether it accepts pieces of any length with Scanned, which returns how many bytes it used. Never together with a
  // skip.
  bool scans() const { return scan_ != nullptr; }
  size_t Scanned(std::string_view bytes);
  // Whether the last bytes begin a file of another kind, to be read by another parser.
  bool restarts() const { return restarts_; }
  // The file ended `held` bytes after the last byte taken or skipped.
  void Finish(size_t held);

  bool done() const { return done_; }
  const Findings& findings() const { return findings_; }

  // Maximum of want().
  static constexpr size_t kMostWanted = 64 << 10;

 protected:
  Parser(model::MediaType type, std::string_view container);

  // Skips `bytes` bytes that the file claims to have: a file that ends earlier is truncated.
  void Pass(int64_t bytes);
  // The same, where the file may end within these bytes.
  void PassOrEnd(int64_t bytes);
  // Requests the next `bytes` bytes (1 to kMostWanted) for `step`. A file that ends earlier is truncated.
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
  // Hands what follows to `scan` in pieces of any length, until it calls something other than Scan. `scan` returns how
  // many bytes it used, at least one to continue. The file may end at any of them. Within it, position() is the offset
  // of the piece.
  template <class Self>
  void Scan(size_t (Self::*scan)(Bytes)) {
    static_assert(std::is_base_of_v<Parser, Self>);
    if (resting_) return;
    scan_ = static_cast<ScanStep>(scan);
    may_end_ = true;
  }
  // In a step of Read: its bytes begin a file of another kind.
  void Restart();
  // Nothing that follows matters.
  void Rest();

  // Width and height are known, except whether they must be exchanged.
  void SizeIsKnown() { findings_.sized = true; }
  // The findings are final.
  void Know();
  // The headers are invalid (`problem` says why); the rest is irrelevant. Findings made final by Know stay until the
  // file has ended.
  void Break(std::string problem);
  // The file is not of this format after all.
  void Unknown(std::string problem);

  // In a step: offset of the next Pass or Read.
  int64_t position() const { return position_ + skip_; }
  bool broken() const { return findings_.state == Findings::State::kBroken; }
  bool known() const { return findings_.state == Findings::State::kKnown; }
  model::MediaInfo& info() { return findings_.info; }
  void set_type(model::MediaType type) { findings_.type = type; }

  // Sets width and height. Breaks and returns false when they are out of range.
  bool SetSize(int64_t width, int64_t height);
  // For OnEnd and OnCut: size of the file, and the least size that its headers claim.
  int64_t file_size() const { return position_; }
  int64_t claimed_size() const { return claimed_size_; }
  // Breaks when the ended file is shorter than `size`.
  void RequireSize(int64_t size);

  // The file ended where it may, or in its Rest. Default: keeps the present findings.
  virtual void OnEnd() {}
  // The file is truncated. Default: Break.
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
  bool skip_claimed_ = false;  // The skipped bytes are claimed by the file.
  bool may_end_ = false;
  bool ended_ = false;
  bool done_ = false;
};

// `units` / `per_second` seconds, at most some centuries; zero when `per_second` is zero.
absl::Duration UnitsToDuration(uint64_t units, uint64_t per_second);
// `a` + `b`, saturated.
uint64_t AddSaturated(uint64_t a, uint64_t b);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PARSER_H_
