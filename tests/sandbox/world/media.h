#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_MEDIA_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_MEDIA_H_

#include <string>
#include <string_view>

#include "tests/sandbox/wire/http_call.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// A playable MP4 (5 s, 320x180, H.264 and AAC) that ends with a `free` box naming the task, so that every task's
// result has its own SHA-256.
std::string ResultVideo(std::string_view task_id);

// A PNG: the last frame of that video.
std::string_view LastFrameImage();

// The code of the vendor's first limit that an uploaded file breaks: `FormatUnsupported`, `TypeMismatch`,
// `FileSizeTooLarge`; empty when none. Looks at the first bytes and the size only.
std::string MediaFault(MediaKind kind, const UploadedFile& file);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_MEDIA_H_
