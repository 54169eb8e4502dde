#ifndef SEEDANCE_TESTS_UNIT_MEDIA_PROBE_H_
#define SEEDANCE_TESTS_UNIT_MEDIA_PROBE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "service/media/prober.h"

namespace seedance::media {

// How a file is handed to a prober.
struct Delivery {
  size_t piece_bytes = 0;  // 0: in one piece.
  bool skips = false;      // Leaves out what need not be seen.
};

Findings ProbeIn(std::string_view file, const Delivery& delivery);

// Findings of the file whole, in pieces of 7 bytes and of 1, and with skips. Fails the test unless all are the same,
// and unless what was said to be decided stayed so.
Findings Probe(std::string_view file);

// `KNOWN image png 640 x 480` and so on, with the problem.
std::string Text(const Findings& findings);

}  // namespace seedance::media

#endif  // SEEDANCE_TESTS_UNIT_MEDIA_PROBE_H_
