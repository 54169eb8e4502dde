#include "client/cpp/ctl/format.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace seedance::client::ctl {

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1000) return absl::StrFormat("%d B", bytes);
  const double value = static_cast<double>(bytes);
  // The limits keep a rounded figure from reading `1000.0 kB`.
  if (value < 999.95e3) return absl::StrFormat("%.1f kB", value / 1e3);
  if (value < 999.95e6) return absl::StrFormat("%.1f MB", value / 1e6);
  return absl::StrFormat("%.2f GB", value / 1e9);
}

std::string FormatSpan(absl::Duration duration) {
  duration = std::max(duration, absl::ZeroDuration());
  if (duration < absl::Milliseconds(9950)) return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(duration));
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrFormat("%ds", seconds);
  if (seconds < 3600) return absl::StrFormat("%dm%02ds", seconds / 60, seconds % 60);
  if (seconds < 86400) return absl::StrFormat("%dh%02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrFormat("%dd%dh", seconds / 86400, seconds / 3600 % 24);
}

std::string FormatRelative(absl::Time time, absl::Time now) {
  const int64_t seconds = absl::ToInt64Seconds(absl::AbsDuration(now - time));
  if (seconds == 0) return "now";
  const std::string amount = seconds < 60      ? absl::StrCat(seconds, "s")
                             : seconds < 3600  ? absl::StrCat(seconds / 60, "m")
                             : seconds < 86400 ? absl::StrCat(seconds / 3600, "h")
                                               : absl::StrCat(seconds / 86400, "d");
  return time < now ? amount + " ago" : "in " + amount;
}

std::string FormatAbsolute(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string FormatAbsolute(const google::protobuf::Timestamp& time) {
  return FormatAbsolute(absl::FromUnixSeconds(time.seconds()));
}

std::optional<absl::Time> ToTime(bool set, const google::protobuf::Timestamp& timestamp) {
  if (!set) return std::nullopt;
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string EnumWord(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return absl::AsciiStrToLower(std::string(name));
}

}  // namespace seedance::client::ctl
