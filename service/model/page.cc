#include "service/model/page.h"

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::model {
namespace {

std::string FilterHash(std::string_view filter) { return base::Sha256Hex(filter).substr(0, 16); }

}  // namespace

std::string EncodePageToken(const PageCursor& cursor, std::string_view filter) {
  return absl::WebSafeBase64Escape(absl::StrCat("1|", FilterHash(filter), "|", cursor.create_micros, "|", cursor.id));
}

absl::StatusOr<PageCursor> DecodePageToken(std::string_view token, std::string_view filter) {
  if (token.empty()) return PageCursor{};
  std::string text;
  PageCursor cursor;
  const bool decoded = absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &text);
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('|', 3));
  if (!decoded || parts.size() != 4 || parts[0] != "1" || parts[3].empty() ||
      !absl::SimpleAtoi(parts[2], &cursor.create_micros)) {
    return base::InvalidField("page_token", "must be a next_page_token of this method");
  }
  if (parts[1] != FilterHash(filter)) {
    return base::InvalidField("page_token", "belongs to a list with other fields; send the same fields for every page");
  }
  cursor.id = parts[3];
  return cursor;
}

}  // namespace seedance::model
