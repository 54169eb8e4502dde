#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_DATA_URI_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_DATA_URI_H_

#include <optional>
#include <string>

#include "service/model/asset.h"

namespace seedance::engine {

// Whether a source is a URL (https or http); else it is a data URI or bare Base64.
bool IsUrl(const std::string& uri);
bool IsPlainHttp(const std::string& uri);

// The media type that a URL's suffix stands for.
model::MediaType MediaTypeOfUrl(const std::string& url);

// What a data URI or bare Base64 holds.
struct DataUri {
  // What it calls itself: the type of a data URI's own word, a picture for bare Base64. kUnspecified: neither of the
  // three.
  model::MediaType said = model::MediaType::kUnspecified;
  bool bare = false;
  std::string bytes;
};

// nullopt: it is broken.
std::optional<DataUri> ParseDataUri(const std::string& uri);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_DATA_URI_H_
