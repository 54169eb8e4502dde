#ifndef SEEDANCE_TESTS_FUZZ_ODD_VALUES_H_
#define SEEDANCE_TESTS_FUZZ_ODD_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/draw.h"

namespace seedance::fuzz {

// Values at which servers break.

// Empty, long, NUL and other control characters, bytes that are not UTF-8, encoded surrogates, bidirectional
// overrides, half an emoji, names and paths of almost the right form.
std::string OddText(Draw& draw);

// Numbers at and beside the limits of types, times and sizes.
int64_t OddInteger(Draw& draw);

// NaN, infinities, zeros, the smallest and the largest.
double OddReal(Draw& draw);

// URLs of media. The gateway fetches none of them from another machine: their hosts are this machine or do not parse,
// and it refuses addresses that are not public before it connects.
const std::vector<std::string>& MediaUris();

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_ODD_VALUES_H_
