#ifndef SEEDANCE_SERVICE_MEDIA_TRACK_H_
#define SEEDANCE_SERVICE_MEDIA_TRACK_H_

#include <cstdint>

#include "absl/time/time.h"
#include "service/model/asset.h"

namespace seedance::media {

// Properties of one track of a movie, collected from its boxes. A value.
//
// Tests: tests/unit/media/movie_test.cc
struct Track {
  uint32_t id = 0;
  uint32_t handler = 0;  // `vide`, `soun` and so on. 0: not stated.
  bool enabled = true;
  // In units of the movie's time scale; 0: not stated.
  uint64_t length = 0;     // From the track header.
  uint64_t edited = 0;     // Sum of the non-empty edits.
  uint64_t timescale = 0;  // Units per second of the fields below.
  uint64_t media_length = 0;
  uint64_t samples = 0;
  uint64_t samples_length = 0;
  uint64_t first_length = 0;  // Duration of the first sample.
  uint64_t last_length = 0;
  bool turned = false;  // By 90 or 270 degrees.
  int coded_width = 0;  // Before rotation.
  int coded_height = 0;
  int shown_width = 0;
  int shown_height = 0;

  // Adds `count` samples of `length` units each.
  // Times saturate.
  void Add(uint32_t count, uint32_t length);

  // Whether it has a width and a height.
  bool HasSize() const;
  // Sets width and height of `info` as shown. False when there are none.
  bool SetSizeOf(model::MediaInfo& info) const;
  // Shown duration: by its edits (at most the media), else by its media, else by its header; zero when none is stated.
  absl::Duration Shown(uint64_t movie_timescale) const;
  // Sum of the sample durations.
  absl::Duration Sampled() const;
  // Samples per second; 0 when it has none. The first and last sample do not count where there are others: writers
  // extend them so that sound and picture begin and end together.
  double FrameRate() const;
};

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_TRACK_H_
