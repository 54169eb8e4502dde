#ifndef SEEDANCE_SERVICE_MEDIA_PROBER_H_
#define SEEDANCE_SERVICE_MEDIA_PROBER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "service/model/asset.h"

namespace seedance::media {

// What the bytes show.
//
// Tests: tests/unit/media/hostile_test.cc, tests/fuzz/media_fuzz.cc
struct Findings {
  enum class State {
    kReading,        // Not decided yet.
    kKnown,          // `type` and `info` are what the headers say.
    kUnknownFormat,  // No format known here.
    kBroken,         // A known format (`type`, `info.container`) with invalid headers; `problem` says why.
  };
  State state = State::kReading;
  // While kReading: width and height of `info` are known, but may still have to be exchanged.
  bool sized = false;
  model::MediaType type = model::MediaType::kUnspecified;
  // Container, and width and height (as shown: rotation applied), duration and frame rate where the format has them.
  // Size and hash are not set here.
  model::MediaInfo info;
  std::string problem;  // Short text for people, with kUnknownFormat and kBroken.
};

// Reads the headers of a media file while its bytes pass. Accepts any bytes: never throws, never blocks, takes linear
// time and bounded memory. Goes by content, not by name. For one thread.
class Prober {
 public:
  virtual ~Prober() = default;

  // The next bytes of the file, in order, in pieces of any length.
  virtual void Feed(std::string_view bytes) = 0;

  // Number of next bytes that it does not need, so that a reader with random access can leave them out with Skip. Never
  // beyond what the headers claim; INT64_MAX when nothing more matters (stop at the end of the file).
  virtual int64_t Skippable() const = 0;
  virtual void Skip(int64_t bytes) = 0;  // At most Skippable().

  // The end of the file: decides what is still open.
  virtual void Finish() = 0;

  // Whether the findings are final, except that Finish reports a file that ends too early as broken. Soon true for most
  // files; for a movie with headers after its samples once these are read; at the last chunks for PNG, and WebP with
  // EXIF; only in Finish for a fragmented movie, an MP3 (may be several joined files) and a WAV without a size. A file
  // that begins like no known format may be an MP3 for 64 KiB.
  virtual bool done() const = 0;
  virtual const Findings& findings() const = 0;
};

// Supports JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC and HEIF; MP4 and MOV, also fragmented; MP3 and WAV. Distinguishes
// AVIF, M4A, raw camera files and other formats known by name from garbage, so that a refusal can name them.
std::unique_ptr<Prober> MakeProber();

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PROBER_H_
