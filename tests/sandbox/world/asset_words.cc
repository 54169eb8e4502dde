#include "tests/sandbox/world/asset_words.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace seedance::sandbox {
namespace {

// `Code` of `fail-Code` in a name or URL.
std::string WantedFailure(const std::string& text) {
  constexpr std::string_view kMark = "fail-";
  const size_t begin = text.find(kMark);
  if (begin == std::string::npos) return "";
  size_t end = begin + kMark.size();
  while (end < text.size() && absl::ascii_isalpha(static_cast<unsigned char>(text[end]))) ++end;
  return text.substr(begin + kMark.size(), end - begin - kMark.size());
}

// How long the vendor takes for an asset of this name.
absl::Duration TimeOf(const std::string& name, absl::Duration usual) {
  constexpr std::string_view kMark = "lasts-";
  int seconds = 0;
  if (const size_t begin = name.find(kMark); begin != std::string::npos) {
    const size_t digits = begin + kMark.size();
    const size_t end = std::min(name.find_first_not_of("0123456789", digits), name.size());
    if (absl::SimpleAtoi(name.substr(digits, end - digits), &seconds)) return absl::Seconds(seconds);
  }
  return absl::StrContains(name, "slow") ? usual * 10 : usual;
}

}  // namespace

void ApplyAssetWords(absl::Duration asset_time, Asset& asset) {
  asset.settled = asset.created + TimeOf(asset.name, asset_time);
  const std::string wanted = WantedFailure(absl::StrCat(asset.name, " ", asset.source_url));
  if (!wanted.empty()) asset.failure_code = wanted;
}

}  // namespace seedance::sandbox
