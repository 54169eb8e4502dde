#include "service/server/admin_request.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace seedance::server {
namespace {

constexpr size_t kMaxSizeDigits = 8;

// Of header names and methods (RFC 9110).
bool IsMethodToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [kMarks](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != std::string_view::npos;
  });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A `%` without two hex digits stands for itself.
std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) {
      decoded += text[i];
    } else {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

// The text up to the next line end, which is removed from `text`.
std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

bool HasControl(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool ParseRequestLine(std::string_view line, AdminRequest& request) {
  const size_t first = line.find(' ');
  const size_t second = line.rfind(' ');
  if (first == std::string_view::npos || second <= first) return false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!IsMethodToken(method) || target.empty() || target.find(' ') != std::string_view::npos) return false;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  request.method = std::string(method);
  request.path = PercentDecoded(target.substr(0, target.find_first_of("?#")));
  return true;
}

// Null: this header is not used. `name` in lower case.
std::string* FieldOf(std::string_view name, AdminRequest& request) {
  const struct {
    std::string_view name;
    std::string* field;
  } fields[] = {{"range", &request.range},
                {"if-range", &request.if_range},
                {"content-length", &request.content_length},
                {"transfer-encoding", &request.transfer_encoding},
                {"content-encoding", &request.content_encoding},
                {"content-type", &request.content_type},
                {"expect", &request.expect}};
  for (const auto& each : fields) {
    if (name == each.name) return each.field;
  }
  return nullptr;
}

bool ParseHeader(std::string_view line, AdminRequest& request) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsMethodToken(line.substr(0, colon))) return false;
  const std::string name = absl::AsciiStrToLower(std::string(line.substr(0, colon)));
  std::string value(line.substr(colon + 1));
  absl::StripAsciiWhitespace(&value);
  std::string* field = FieldOf(name, request);
  if (field != nullptr && !field->empty()) return false;
  if (field != nullptr) *field = value;
  request.headers.emplace(name, std::move(value));
  return true;
}

}  // namespace

std::optional<AdminRequest> ParseRequestHead(std::string_view head) {
  AdminRequest request;
  if (const std::string_view line = NextLine(head); HasControl(line) || !ParseRequestLine(line, request)) {
    return std::nullopt;
  }
  while (!head.empty()) {
    if (const std::string_view line = NextLine(head); HasControl(line) || !ParseHeader(line, request)) {
      return std::nullopt;
    }
  }
  return request;
}

AdminBody::State AdminBody::Take(std::string_view bytes) {
  if (!chunked_) return TakeData(bytes);
  while (!bytes.empty()) {
    State state = State::kMore;
    if (part_ == Part::kData) {
      if (TakeData(bytes) == State::kWhole) part_ = Part::kDataEnd;
    } else {
      state = TakeFrame(bytes.front());
      bytes.remove_prefix(1);
    }
    if (state != State::kMore) return state;
  }
  return State::kMore;
}

AdminBody::State AdminBody::TakeData(std::string_view& bytes) {
  const size_t n = std::min(bytes.size(), left_);
  content_ += bytes.substr(0, n);
  bytes.remove_prefix(n);
  left_ -= n;
  return left_ == 0 ? State::kWhole : State::kMore;
}

AdminBody::State AdminBody::TakeSizeDigit(char c) {
  const int digit = HexDigit(c);
  if (digit < 0 || ++digits_ > kMaxSizeDigits) return State::kBad;
  left_ = left_ * 16 + static_cast<size_t>(digit);
  return left_ > max_bytes_ - content_.size() ? State::kTooLarge : State::kMore;
}

AdminBody::State AdminBody::TakeFrame(char c) {
  if (++framed_ > 4 * max_bytes_) return State::kBad;
  switch (part_) {
    case Part::kSize:
      if (c != ';' && c != '\r') return TakeSizeDigit(c);
      if (digits_ == 0) return State::kBad;
      part_ = c == ';' ? Part::kExtension : Part::kSizeEnd;
      return State::kMore;
    case Part::kExtension:
      if (c == '\r') part_ = Part::kSizeEnd;
      return c == '\n' ? State::kBad : State::kMore;
    case Part::kSizeEnd:
      digits_ = 0;
      line_empty_ = true;
      part_ = left_ == 0 ? Part::kTrailer : Part::kData;
      return c == '\n' ? State::kMore : State::kBad;
    case Part::kData:
      break;
    case Part::kDataEnd:
      part_ = Part::kDataEndFeed;
      return c == '\r' ? State::kMore : State::kBad;
    case Part::kDataEndFeed:
      part_ = Part::kSize;
      return c == '\n' ? State::kMore : State::kBad;
    case Part::kTrailer:
      if (c == '\r') {
        part_ = Part::kTrailerEnd;
      } else {
        line_empty_ = false;
      }
      return c == '\n' ? State::kBad : State::kMore;
    case Part::kTrailerEnd:
      if (c != '\n') return State::kBad;
      if (line_empty_) return State::kWhole;
      line_empty_ = true;
      part_ = Part::kTrailer;
      return State::kMore;
  }
  return State::kBad;
}

}  // namespace seedance::server
