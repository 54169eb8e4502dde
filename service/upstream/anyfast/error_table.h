#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// THE table: what AnyFast's answers other than a success mean.
const ErrorTable& AnyFastErrors();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_ERROR_TABLE_H_
