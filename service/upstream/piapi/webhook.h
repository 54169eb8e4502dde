#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_

#include <string>
#include <string_view>

#include "service/base/secret.h"

namespace seedance::upstream {

// Whether `said` is the secret, in a time that depends on neither. An empty secret is never right.
bool IsPiApiWebhookSecret(const base::Secret& secret, std::string_view said);

// `data.task_id` of a webhook's body. Empty: it cannot be read, or is longer than any id of the vendor.
std::string PiApiWebhookTask(std::string_view body);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_WEBHOOK_H_
