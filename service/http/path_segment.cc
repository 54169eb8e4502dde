#include "service/http/path_segment.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace seedance::http {

std::string PathSegment(std::string_view id) {
  std::string segment;
  for (const char c : id) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') {
      segment.push_back(c);
    } else {
      absl::StrAppendFormat(&segment, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return segment;
}

}  // namespace seedance::http
