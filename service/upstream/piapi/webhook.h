#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_

#include <string>
#include <string_view>

#include "service/base/secret.h"

namespace seedance::upstream {

// Whether `said` equals `secret`, in constant time. An empty secret never matches.
//
// Tests: tests/unit/upstream/piapi/wire_test.cc
bool IsPiApiWebhookSecret(const base::Secret& secret, std::string_view said);

// `data.task_id` of a webhook's body. Empty: unreadable, or longer than any id of the vendor.
std::string PiApiWebhookTask(std::string_view body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_
