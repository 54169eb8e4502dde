#ifndef SEEDANCE_TESTS_TESTING_MEDIA_BUILDER_H_
#define SEEDANCE_TESTS_TESTING_MEDIA_BUILDER_H_

#include <cstdint>
#include <string>

namespace seedance::testing {

// Where the headers of a movie stand.
enum class MovieLayout {
  kFirst,       // Before the samples.
  kLast,        // Behind them, as cameras write.
  kFragmented,  // One fragment per second.
};

// What a file for tests is like. Fields that the format does not have are ignored.
struct MediaSpec {
  std::string format = "png";  // png jpeg gif webp bmp tiff heic heif avif; mp4 mov; mp3 wav.
  int width = 640;             // As stored, before `quarter_turns`. A JPEG, GIF or WebP has 16 bits, 14 in WebP.
  int height = 480;
  int quarter_turns = 0;  // Clockwise, for viewers: jpeg, tiff, heic, heif, avif, mp4, mov.
  double seconds = 5;
  double frame_rate = 24;  // Up to 3 digits behind the point.
  MovieLayout layout = MovieLayout::kFirst;
  bool variable_rate = false;  // mp3: frames of many sizes, with a table (Xing) in the first. Else all of one size.
  int64_t size_bytes = 0;      // Exact size of the file; 0, or less than it needs: no more than it needs.
  uint32_t seed = 1;           // Other seeds make other bytes.
};

// A file whose headers are right and say what `spec` says. Behind the headers stands noise that no decoder takes.
//
// Durations are exact to 1 ms but of movies that are fragmented or have two frames, which are whole ones, and of MP3,
// which has frames of 26 ms.
std::string MakeMedia(const MediaSpec& spec);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_MEDIA_BUILDER_H_
