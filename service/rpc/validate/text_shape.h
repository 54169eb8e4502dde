#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_

#include <cstddef>
#include <string_view>

namespace seedance::rpc {

// What a text of a caller is made of.
struct TextShape {
  bool utf8 = true;          // Well-formed; if not, the other fields mean nothing.
  size_t characters = 0;     // Code points.
  bool control = false;      // Holds a control character (C0, DEL, C1) other than line feed and tab.
  bool line_or_tab = false;  // Holds a line feed or a tab.
};
TextShape ShapeOf(std::string_view text);

// Length of the data in Base64 text (standard alphabet, padding optional, no white space), -1 if it is none.
long Base64DataSize(std::string_view text);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_TEXT_SHAPE_H_
