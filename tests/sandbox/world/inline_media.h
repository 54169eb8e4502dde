#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_INLINE_MEDIA_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_INLINE_MEDIA_H_

#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/wire/http_call.h"

namespace seedance::sandbox {

// True for `https://...` and `http://...`.
bool IsWebUrl(std::string_view source);

// The file in a data URI (`data:image/png;base64,...`) or in bare Base64; nothing when it is neither. Decodes piece by
// piece; the bytes go to `bytes` when it is given.
std::optional<UploadedFile> DecodeInlineMedia(std::string_view source, std::string* bytes = nullptr);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_INLINE_MEDIA_H_
