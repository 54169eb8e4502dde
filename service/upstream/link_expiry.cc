#include "service/upstream/link_expiry.h"

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace seedance::upstream {
namespace {

using Query = std::map<std::string, std::string>;  // Names in lower case.

Query ParseQuery(std::string_view url) {
  Query query;
  const size_t begin = url.find('?');
  if (begin == std::string_view::npos) return query;
  const std::string text(url.substr(begin + 1, url.find('#', begin) - begin - 1));
  for (const auto& pair : absl::StrSplit(text, '&')) {
    const std::vector<std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.size() == 2) query.emplace(absl::AsciiStrToLower(parts[0]), parts[1]);
  }
  return query;
}

std::optional<int64_t> Number(const Query& query, const std::string& name) {
  const auto it = query.find(name);
  int64_t value = 0;
  if (it == query.end() || !absl::SimpleAtoi(it->second, &value) || value <= 0) return std::nullopt;
  return value;
}

// `20260601T101500Z`. absl's %Y would consume all eight digits, so the text is separated first.
std::optional<absl::Time> SignatureDate(const Query& query, const std::string& name) {
  const auto it = query.find(name);
  if (it == query.end() || it->second.size() != 16) return std::nullopt;
  const std::string& text = it->second;
  const std::string spread = absl::StrCat(text.substr(0, 4), "-", text.substr(4, 2), "-", text.substr(6, 5), ":",
                                          text.substr(11, 2), ":", text.substr(13));
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, spread, &time, nullptr)) return std::nullopt;
  return time;
}

}  // namespace

std::optional<absl::Time> LinkExpiry(std::string_view url) {
  const Query query = ParseQuery(url);
  for (const char* vendor : {"amz", "tos", "goog", "oss", "obs", "bce"}) {
    const auto date = SignatureDate(query, absl::StrCat("x-", vendor, "-date"));
    const auto seconds = Number(query, absl::StrCat("x-", vendor, "-expires"));
    if (date.has_value() && seconds.has_value() && *seconds < 1000000000) return *date + absl::Seconds(*seconds);
  }
  for (const char* name : {"expires", "x-expires", "x-oss-expires", "e"}) {
    // Smaller numbers are durations, larger ones are not seconds.
    const auto unix_seconds = Number(query, name);
    if (unix_seconds.has_value() && *unix_seconds > 1000000000 && *unix_seconds < 100000000000) {
      return absl::FromUnixSeconds(*unix_seconds);
    }
  }
  return std::nullopt;
}

}  // namespace seedance::upstream
