#include "service/rpc/validate/text_shape.h"

#include <algorithm>

#include "service/base/utf8.h"

namespace seedance::rpc {
namespace {

bool IsBase64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

TextShape ShapeOf(std::string_view text) {
  TextShape shape;
  while (!text.empty()) {
    const size_t length = base::Utf8Length(text);
    if (length == 0) {
      shape.utf8 = false;
      return shape;
    }
    ++shape.characters;
    if (text[0] == '\n' || text[0] == '\t' || text[0] == '\r') {
      shape.line_or_tab = true;
    } else if (base::IsControl(text.substr(0, length))) {
      shape.control = true;
    }
    text.remove_prefix(length);
  }
  return shape;
}

long Base64DataSize(std::string_view text) {
  const size_t padding = text.size() - std::min(text.find('='), text.size());
  const std::string_view body = text.substr(0, text.size() - padding);
  const bool padded = padding == 0 || (padding <= 2 && text.size() % 4 == 0 &&
                                       text.substr(body.size()).find_first_not_of('=') == std::string_view::npos);
  if (!padded || body.size() % 4 == 1 || !std::all_of(body.begin(), body.end(), IsBase64)) return -1;
  return static_cast<long>(body.size() * 3 / 4);
}

}  // namespace seedance::rpc
