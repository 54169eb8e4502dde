#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_

#include <cstddef>
#include <string_view>

namespace seedance::rpc {

// Properties of a caller's text.
//
// Tests: tests/unit/rpc/validate/validate_test.cc
struct TextShape {
  bool utf8 = true;          // Well-formed; otherwise the other fields are meaningless.
  size_t characters = 0;     // Code points.
  bool control = false;      // Contains a control character (C0, DEL, C1) other than line feed and tab.
  bool line_or_tab = false;  // Contains a line feed or a tab.
};
// Linear time.
TextShape ShapeOf(std::string_view text);

// Size in bytes of the data in Base64 text (standard alphabet, padding optional, no white space); -1: not Base64.
long Base64DataSize(std::string_view text);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_
