#ifndef SEEDANCE_SERVICE_MEDIA_TRACK_H_
#define SEEDANCE_SERVICE_MEDIA_TRACK_H_

#include <cstdint>

#include "absl/time/time.h"
#include "service/model/asset.h"

namespace seedance::media {

// What the boxes of one track of a movie say.
struct Track {
  uint32_t id = 0;
  uint32_t handler = 0;  // `vide`, `soun` and so on. 0: not told.
  bool enabled = true;
  // In units of the movie's time scale; 0: not told.
  uint64_t length = 0;     // As its header says.
  uint64_t edited = 0;     // Sum of the edits that show something.
  uint64_t timescale = 0;  // Units per second of what follows.
  uint64_t media_length = 0;
  uint64_t samples = 0;
  uint64_t samples_length = 0;
  uint64_t first_length = 0;  // Of the first sample.
  uint64_t last_length = 0;
  bool turned = false;  // By a quarter or three.
  int coded_width = 0;  // Before it is turned.
  int coded_height = 0;
  int shown_width = 0;
  int shown_height = 0;

  // Adds `count` samples that each last `length` units.
  void Add(uint32_t count, uint32_t length);

  bool HasSize() const;
  // Sets width and height of `info` as shown; false when there are none.
  bool SetSizeOf(model::MediaInfo& info) const;
  // How long it is shown, zero when that stands nowhere: by its edits, else by its media, else by its header. Edits
  // show no more than there is.
  absl::Duration Shown(uint64_t movie_timescale) const;
  // Sum of its samples.
  absl::Duration Sampled() const;
  // Samples per second, 0 when it has none. The first and the last do not count where there are others: writers make
  // them longer, so that sound and picture begin and end together.
  double FrameRate() const;
};

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_TRACK_H_
