#include "tests/sandbox/piapi/words.h"

#include "absl/strings/ascii.h"
#include "service/base/sha256.h"

namespace seedance::sandbox {
namespace {

WordCase PickCase(const std::string& word, const std::string& id) {
  constexpr WordCase kCases[] = {WordCase::kTitle, WordCase::kLower, WordCase::kUpper};
  return kCases[static_cast<unsigned char>(base::Sha256Hex(id + word)[0]) % 3];
}

}  // namespace

std::string Cased(const std::string& word, const std::string& id, WordCase word_case) {
  switch (word_case == WordCase::kMixed ? PickCase(word, id) : word_case) {
    case WordCase::kLower:
      return absl::AsciiStrToLower(word);
    case WordCase::kUpper:
      return absl::AsciiStrToUpper(word);
    case WordCase::kTitle:
    case WordCase::kMixed:
      break;
  }
  return word;
}

std::string Rfc3339(absl::Time time) {
  if (time == absl::InfinitePast()) return "0001-01-01T00:00:00Z";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

}  // namespace seedance::sandbox
