#ifndef SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_
#define SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_

#include <string>
#include <string_view>

namespace seedance::http {

// `id`, an opaque text, percent-encoded as one segment of a URL path: everything but ASCII letters, digits, `-` and `_`
// is encoded, so that an id cannot change the path.
//
// Tests: tests/unit/upstream/piapi/wire_test.cc
std::string PathSegment(std::string_view id);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PATH_SEGMENT_H_
