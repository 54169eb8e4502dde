#ifndef SEEDANCE_CLIENT_CPP_CTL_FORMAT_H_
#define SEEDANCE_CLIENT_CPP_CTL_FORMAT_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace seedance::client::ctl {

// `812 B`, `3.1 MB`, `1.24 GB`: decimal units, as vendors state their limits.
std::string FormatBytes(int64_t bytes);

// `0.4s`, `12s`, `1m05s`, `2h03m`, `3d4h`: two units at most. Negative counts as zero.
std::string FormatSpan(absl::Duration duration);

// `12s ago`, `in 5m`, `now`: one unit.
std::string FormatRelative(absl::Time time, absl::Time now);

// `2026-03-01T12:00:00Z`.
std::string FormatAbsolute(absl::Time time);
std::string FormatAbsolute(const google::protobuf::Timestamp& time);

// Nullopt for a timestamp that is not set.
std::optional<absl::Time> ToTime(bool set, const google::protobuf::Timestamp& timestamp);
absl::Duration ToDuration(const google::protobuf::Duration& duration);

// `running` for `STATE_RUNNING` with prefix `STATE_`: the words that people type and read.
std::string EnumWord(std::string_view name, std::string_view prefix);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_FORMAT_H_
