#include "service/upstream/vendor_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "service/base/utf8.h"

namespace seedance::upstream {
namespace {

// Longer texts are cut before they are examined.
constexpr size_t kMaxExamined = 16384;

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
}

std::string WithoutControls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

// Removes `(request id: 2026...)`, `Request id: 02178...`, `request_id=...` and the like.
std::string WithoutRequestIds(std::string text) {
  for (;;) {
    const std::string lower = absl::AsciiStrToLower(text);
    size_t begin = std::string::npos;
    size_t end = 0;
    for (const std::string_view mark : {"request id", "request_id", "requestid", "request-id"}) {
      const size_t at = lower.find(mark);
      if (at < begin) {
        begin = at;
        end = at + mark.size();
      }
    }
    if (begin == std::string::npos) return text;
    while (end < text.size() && (text[end] == ' ' || text[end] == ':' || text[end] == '=' || text[end] == '"')) ++end;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    if (begin > 0 && text[begin - 1] == '(' && end < text.size() && text[end] == ')') {
      --begin;
      ++end;
    }
    text.erase(begin, end - begin);
  }
}

// Removes `api_key`, words like `sk-abcdefgh`, and what follows `Bearer`.
std::string WithoutKeys(std::string text, const std::string& api_key) {
  if (!api_key.empty()) text = absl::StrReplaceAll(text, {{api_key, "***"}});
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    if (!IsWordCharacter(text[i])) {
      clean.push_back(text[i++]);
      continue;
    }
    size_t end = i;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    const std::string word = text.substr(i, end - i);
    const bool key =
        (absl::StartsWith(word, "sk-") && word.size() > 6) ||
        absl::EndsWith(absl::AsciiStrToLower(clean.substr(clean.size() - std::min<size_t>(7, clean.size()))),
                       "bearer ");
    clean += key ? "***" : word;
    i = end;
  }
  return clean;
}

std::string WithoutQueries(const std::string& text) {
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    const bool url = text.compare(i, 7, "http://") == 0 || text.compare(i, 8, "https://") == 0;
    if (!url) {
      clean.push_back(text[i++]);
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \"'<>\\)]}", i), text.size());
    const size_t query = std::min(text.find('?', i), end);
    clean += text.substr(i, query - i);
    i = end;
  }
  return clean;
}

}  // namespace

std::string BoundUtf8(std::string_view text, size_t limit) {
  std::string bounded;
  while (!text.empty()) {
    const size_t length = base::Utf8Length(text);
    const size_t taken = std::max<size_t>(length, 1);
    if (bounded.size() + taken > limit) break;
    if (length == 0) {
      bounded.push_back('?');
    } else {
      bounded.append(text.substr(0, length));
    }
    text.remove_prefix(taken);
  }
  return bounded;
}

std::string CleanVendorText(std::string_view text, const base::Secret& api_key) {
  std::string clean = WithoutControls(std::string(text.substr(0, kMaxExamined)));
  clean = WithoutKeys(WithoutRequestIds(WithoutQueries(std::move(clean))), api_key.Reveal());
  absl::RemoveExtraAsciiWhitespace(&clean);
  return BoundUtf8(clean, kMaxVendorText);
}

}  // namespace seedance::upstream
