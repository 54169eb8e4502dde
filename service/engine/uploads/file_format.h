#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_FORMAT_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "service/model/asset.h"

namespace seedance::engine {

// `.jpg` for `jpeg`, `.png` for `png` and so on: the file name's suffix that a container goes by. Empty for an empty
// one.
//
// Tests: tests/unit/engine/uploads/data_uri_test.cc
std::string SuffixOf(std::string_view container);

// `image/png` and so on, by the suffix of a file name; `application/octet-stream` when it says nothing.
std::string_view ContentTypeOf(std::string_view file_name);

// All suffixes for which ContentTypeOf knows a type.
std::vector<std::string_view> KnownSuffixes();

// `picture`, `video` and `sound`, for messages.
std::string_view NameOf(model::MediaType type);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_FILE_FORMAT_H_
