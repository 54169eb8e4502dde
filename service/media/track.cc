#include "service/media/track.h"

#include <algorithm>
#include <utility>

#include "service/media/parser.h"

namespace seedance::media {
namespace {

bool IsNear(absl::Duration a, absl::Duration b) { return absl::AbsDuration(a - b) <= absl::Milliseconds(60); }

}  // namespace

void Track::Add(uint32_t count, uint32_t unit_length) {
  // Durations with the first bit set are negative numbers of faulty writers; players treat them as the shortest.
  const uint64_t each = unit_length > 0x7fffffff ? 1 : unit_length;
  if (count > 0 && samples == 0) first_length = each;
  if (count > 0) last_length = each;
  samples = AddSaturated(samples, count);
  samples_length = AddSaturated(samples_length, count * each);
}

bool Track::HasSize() const {
  return handler != 0 && ((coded_width > 0 && coded_height > 0) || (shown_width > 0 && shown_height > 0));
}

bool Track::SetSizeOf(model::MediaInfo& info) const {
  if (!HasSize()) return false;
  const bool coded = coded_width > 0 && coded_height > 0;
  info.width = coded ? coded_width : shown_width;
  info.height = coded ? coded_height : shown_height;
  if (turned) std::swap(info.width, info.height);
  return true;
}

absl::Duration Track::Shown(uint64_t movie_timescale) const {
  const absl::Duration header = UnitsToDuration(length, movie_timescale);
  const absl::Duration edits = UnitsToDuration(edited, movie_timescale);
  const absl::Duration told = UnitsToDuration(media_length, timescale);
  const absl::Duration sampled = Sampled();
  const absl::Duration most = std::max(told, sampled);
  if (edits > absl::ZeroDuration()) return most > absl::ZeroDuration() ? std::min(edits, most) : edits;
  if (most <= absl::ZeroDuration()) return header;
  // Of the two statements on the media, the samples are right when only they agree with the header.
  const bool samples_are_right = IsNear(sampled, header) && !IsNear(told, header);
  return told <= absl::ZeroDuration() || samples_are_right ? sampled : told;
}

absl::Duration Track::Sampled() const { return UnitsToDuration(samples_length, timescale); }

double Track::FrameRate() const {
  const uint64_t ends = AddSaturated(first_length, last_length);
  const bool several = samples > 2 && samples_length > ends;
  const uint64_t units = several ? samples_length - ends : samples_length;
  if (units == 0 || timescale == 0) return 0;
  const uint64_t count = several ? samples - 2 : samples;
  return static_cast<double>(count) * static_cast<double>(timescale) / static_cast<double>(units);
}

}  // namespace seedance::media
