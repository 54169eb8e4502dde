#ifndef SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_
#define SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_

#include <string>
#include <string_view>

namespace seedance::http {

// `id` as one segment of a path: ids are opaque, and what is no plain letter, digit, `-` or `_` must not change the
// path.
std::string PathSegment(std::string_view id);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_
