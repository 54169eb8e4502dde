#ifndef SEEDANCE_SERVICE_MEDIA_SNIFF_H_
#define SEEDANCE_SERVICE_MEDIA_SNIFF_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "service/media/parser.h"

namespace seedance::media {

// Bytes that Sniff needs, from the beginning of the file; fewer only if the file is shorter.
inline constexpr size_t kSniffedBytes = 256;

// A new parser for a file that begins with `head`; it has consumed nothing yet. Never null.
std::unique_ptr<Parser> Sniff(std::string_view head);

// Container by the brands of an `ftyp` box: `mp4`, `mov`, `m4a`, `3gp`, `heic`, `heif`, `avif` and others. `brands`:
// content of the box (major brand, version, compatible brands).
std::string_view ContainerOfBrands(std::string_view brands);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_SNIFF_H_
