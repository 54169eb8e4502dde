#include "service/model/media_rules.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "service/base/utf8.h"

namespace seedance::model {
namespace {

// Range of a value; 0 means no bound.
struct Bounds {
  double least = 0;
  double most = 0;
  bool open = false;  // Whether the bounds themselves are outside.
  double slack = 0;

  bool Hold(double value) const {
    if (open) return (least <= 0 || value > least) && (most <= 0 || value < most);
    return (least <= 0 || value >= least - slack) && (most <= 0 || value <= most + slack);
  }
};

// Short, but never rounded across a bound: limits and the values near them have few digits.
std::string Number(double value) { return absl::StrFormat("%.9g", value); }

std::string Text(const Bounds& bounds, std::string_view unit) {
  const std::string least = Number(bounds.least);
  const std::string most = Number(bounds.most);
  const std::string of(unit);
  if (bounds.most <= 0) return absl::StrCat(bounds.open ? "over " : "at least ", least, of);
  if (bounds.least <= 0) return absl::StrCat(bounds.open ? "under " : "at most ", most, of);
  if (bounds.open) return absl::StrCat("over ", least, " and under ", most, of);
  return absl::StrCat(least, " to ", most, of);
}

class MediaReport {
 public:
  explicit MediaReport(const std::string& field) : field_(field) {}

  void Add(std::string description) { violations_.push_back({field_, std::move(description)}); }

  // `unit` begins with a space. `remark` follows the value.
  void Check(std::string_view what, double value, const Bounds& bounds, std::string_view unit,
             const std::string& remark = "") {
    if (bounds.Hold(value)) return;
    Add(absl::StrCat(std::string(what), " must be ", Text(bounds, unit), ", is ", Number(value), std::string(unit),
                     remark));
  }

  std::vector<base::FieldViolation> Take() { return std::move(violations_); }

 private:
  const std::string& field_;
  std::vector<base::FieldViolation> violations_;
};

void CheckFormat(const MediaInfo& info, const MediaLimits& limits, MediaReport& report) {
  if (info.container.empty() || limits.formats.empty() || limits.formats.count(info.container) != 0) return;
  report.Add(absl::StrCat("format must be one of ", absl::StrJoin(limits.formats, ", "), ", is ",
                          base::ToUtf8(info.container)));
}

void CheckSize(const MediaInfo& info, const MediaLimits& limits, MediaReport& report) {
  if (limits.max_bytes <= 0 || info.size_bytes <= limits.max_bytes) return;
  report.Add(absl::StrCat("size must be at most ", limits.max_bytes, " bytes, is ", info.size_bytes, " bytes"));
}

void CheckPicture(const MediaInfo& info, const MediaLimits& limits, MediaReport& report) {
  const double width = info.width;
  const double height = info.height;
  const Bounds sides{static_cast<double>(limits.min_side), static_cast<double>(limits.max_side), limits.open_bounds};
  if (info.width > 0) report.Check("width", width, sides, " px");
  if (info.height > 0) report.Check("height", height, sides, " px");
  if (info.width <= 0 || info.height <= 0) return;
  const std::string shape = absl::StrCat(" (", info.width, " x ", info.height, ")");
  report.Check("width / height", width / height, {limits.min_ratio, limits.max_ratio, limits.open_bounds}, "", shape);
  // Both factors have 31 bits; the product is not exact in the last ones, where no limit is.
  report.Check("width * height", width * height,
               {static_cast<double>(limits.min_pixels), static_cast<double>(limits.max_pixels)}, " px", shape);
}

void CheckTime(const MediaInfo& info, const MediaLimits& limits, MediaReport& report) {
  if (info.duration > absl::ZeroDuration()) {
    report.Check("duration", absl::ToDoubleSeconds(info.duration),
                 {absl::ToDoubleSeconds(limits.min_duration), absl::ToDoubleSeconds(limits.max_duration), false,
                  absl::ToDoubleSeconds(kDurationSlack)},
                 " s");
  }
  if (info.frame_rate > 0) {
    report.Check("frame rate", info.frame_rate, {limits.min_frame_rate, limits.max_frame_rate, false, kFrameRateSlack},
                 " fps");
  }
}

}  // namespace

std::vector<base::FieldViolation> CheckMedia(const std::string& field, MediaType type, const MediaInfo& info,
                                             const AssetProfile& profile) {
  return CheckMedia(field, info, profile.Of(type));
}

std::vector<base::FieldViolation> CheckMedia(const std::string& field, const MediaInfo& info,
                                             const MediaLimits& limits) {
  MediaReport report(field);
  CheckFormat(info, limits, report);
  CheckSize(info, limits, report);
  CheckPicture(info, limits, report);
  CheckTime(info, limits, report);
  return report.Take();
}

}  // namespace seedance::model
