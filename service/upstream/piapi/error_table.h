#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// Meaning of PiAPI's answers that are not a success. Lives as long as the process.
//
// Tests: tests/unit/upstream/piapi/creates_test.cc, tests/regress/vendor_answers_test.cc
const ErrorTable& PiApiErrors();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_
