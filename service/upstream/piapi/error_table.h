#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_

#include "service/upstream/error_judge.h"

namespace seedance::upstream {

// THE table: what PiAPI's answers other than a success mean.
const ErrorTable& PiApiErrors();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_ERROR_TABLE_H_
