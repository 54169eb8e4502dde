#ifndef SEEDANCE_TESTS_TESTING_MEDIA_MOVIE_H_
#define SEEDANCE_TESTS_TESTING_MEDIA_MOVIE_H_

#include <string>

#include "tests/testing/media_builder.h"

namespace seedance::testing {

// A movie of the formats mp4 and mov, with `noise` in place of its samples.
std::string MakeMovie(const MediaSpec& spec, const std::string& noise);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_MEDIA_MOVIE_H_
