#ifndef SEEDANCE_TESTS_FUZZ_WIRE_MUTATOR_H_
#define SEEDANCE_TESTS_FUZZ_WIRE_MUTATOR_H_

#include <string>

#include "tests/fuzz/draw.h"

namespace seedance::fuzz {

// `bytes`, a serialized message, with one to four faults: flipped bits, cut, a piece twice, bytes put in or taken out,
// fields that no message has, a field of another wire type, a length that lies, deep nesting. It may parse or not.
std::string MutateWire(std::string bytes, Draw& draw);

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_WIRE_MUTATOR_H_
