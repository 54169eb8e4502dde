#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_WORDS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_WORDS_H_

#include <string>

#include "absl/time/time.h"
#include "tests/sandbox/piapi/options.h"

namespace seedance::sandbox {

// `word` (`Completed`) of the resource `id` as the vendor writes it today.
std::string Cased(const std::string& word, const std::string& id, WordCase word_case);

// RFC 3339 in UTC; InfinitePast becomes the vendor's zero time `0001-01-01T00:00:00Z`.
std::string Rfc3339(absl::Time time);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_WORDS_H_
