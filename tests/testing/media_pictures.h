#ifndef SEEDANCE_TESTS_TESTING_MEDIA_PICTURES_H_
#define SEEDANCE_TESTS_TESTING_MEDIA_PICTURES_H_

#include <cstdint>
#include <string>

#include "tests/testing/media_builder.h"

namespace seedance::testing {

// A TIFF structure with one directory; `big_endian` as in `MM`. With `wide` a BigTIFF. `noise` is its only strip.
std::string MakeTiff(const MediaSpec& spec, const std::string& noise, bool big_endian, bool wide);

// A still picture of the formats png jpeg gif webp bmp tiff heic heif avif, with `noise` in place of its pixels.
std::string MakePicture(const MediaSpec& spec, const std::string& noise);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_MEDIA_PICTURES_H_
