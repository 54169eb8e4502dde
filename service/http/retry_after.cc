#include "service/http/retry_after.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace seedance::http {
namespace {

// The three forms of RFC 9110: IMF-fixdate, RFC 850, asctime.
constexpr const char* kDateForms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"};

// Digits, optionally with a fraction. Other forms of numbers (`1e9`, `inf`, `0x10`) are invalid.
std::optional<absl::Duration> ParseSeconds(const std::string& text, absl::Duration most) {
  const bool plain = !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0])) &&
                     text.find_first_not_of("0123456789.") == std::string::npos;
  double seconds = 0;
  if (!plain || !absl::SimpleAtod(text, &seconds)) return std::nullopt;
  return absl::Seconds(std::min(seconds, absl::ToDoubleSeconds(most)));
}

}  // namespace

std::optional<absl::Duration> ParseRetryAfter(const std::string& text, absl::Time now, absl::Duration most) {
  const std::string trimmed(absl::StripAsciiWhitespace(text));
  if (std::optional<absl::Duration> seconds = ParseSeconds(trimmed, most)) return seconds;
  for (const char* form : kDateForms) {
    absl::Time date;
    if (absl::ParseTime(form, trimmed, &date, nullptr)) return std::clamp(date - now, absl::ZeroDuration(), most);
  }
  return std::nullopt;
}

}  // namespace seedance::http
