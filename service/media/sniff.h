#ifndef SEEDANCE_SERVICE_MEDIA_SNIFF_H_
#define SEEDANCE_SERVICE_MEDIA_SNIFF_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "service/media/parser.h"

namespace seedance::media {

// How much of the beginning of a file Sniff wants to see. Less only when the file is not longer.
inline constexpr size_t kSniffedBytes = 256;

// The parser for a file that begins so. It has seen nothing yet. Never null.
std::unique_ptr<Parser> Sniff(std::string_view head);

// What the brands of an `ftyp` box make of a file: `mp4`, `mov`, `m4a`, `3gp`, `heic`, `heif`, `avif` and others.
// `brands` is the content of the box: the major brand, a version, compatible brands.
std::string_view ContainerOfBrands(std::string_view brands);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_SNIFF_H_
