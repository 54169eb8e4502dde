#ifndef SEEDANCE_SERVICE_MEDIA_PROBER_H_
#define SEEDANCE_SERVICE_MEDIA_PROBER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "service/model/asset.h"

namespace seedance::media {

// What the bytes show.
struct Findings {
  enum class State {
    kReading,        // Not decided yet.
    kKnown,          // `type` and `info` are what the headers say.
    kUnknownFormat,  // No format that is known here.
    kBroken,         // A known format (`type`, `info.container`), but its headers cannot be right. `problem` says why.
  };
  State state = State::kReading;
  // While kReading: width and height of `info` are those of the picture, but may still have to be swapped.
  bool sized = false;
  model::MediaType type = model::MediaType::kUnspecified;
  // Container, and what it has of width and height (as shown: rotation applied), duration and frame rate. Its size and
  // hash are not set here.
  model::MediaInfo info;
  std::string problem;  // A few words for people, with kUnknownFormat and kBroken.
};

// Reads the headers of a media file while its bytes pass, whatever they are: it never throws, never blocks, takes time
// in proportion to the bytes fed, and holds a bounded amount of them. Goes by content, not by name. Used by one thread.
class Prober {
 public:
  virtual ~Prober() = default;

  // The next bytes of the file, in order, in pieces of any length.
  virtual void Feed(std::string_view bytes) = 0;

  // How many of the next bytes it does not need to see, so that a reader with random access can leave them out with
  // Skip. Never beyond what the headers claim; the largest number when nothing more matters. Stop at the end of the
  // file.
  virtual int64_t Skippable() const = 0;
  virtual void Skip(int64_t bytes) = 0;  // At most Skippable().

  // The end of the file: what is not decided is decided now.
  virtual void Finish() = 0;

  // Nothing that may follow changes the findings, except that a file which ends too early is found broken by Finish.
  // Soon true for most files; for a movie with its headers behind its samples when they have been seen; at the last
  // chunks for a PNG, and a WebP that has EXIF; only by Finish for a fragmented movie, an MP3, which may be joined from
  // several, and a WAV that tells no size. A file that begins like nothing known may be an MP3 for 64 KiB.
  virtual bool done() const = 0;
  virtual const Findings& findings() const = 0;
};

// Knows JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC and HEIF; MP4 and MOV, also fragmented; MP3 and WAV; and tells AVIF, M4A,
// raw files of cameras and other formats that it knows by name from garbage, so that a refusal can name them.
std::unique_ptr<Prober> MakeProber();

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PROBER_H_
