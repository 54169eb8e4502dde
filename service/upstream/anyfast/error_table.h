#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// Meaning of AnyFast's answers that are not a success. Lives as long as the process.
//
// Tests: tests/unit/upstream/anyfast/creates_test.cc, tests/regress/vendor_answers_test.cc
const ErrorTable& AnyFastErrors();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_
