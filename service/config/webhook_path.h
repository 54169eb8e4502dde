#ifndef SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_
#define SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_

#include <string>

#include "service/base/secret.h"

namespace seedance::config {

// The part of its webhooks' URL that stands for an upstream: 32 hex digits that only who has the secret can guess, and
// that are the same after a restart.
std::string WebhookToken(const std::string& upstream, const base::Secret& secret);

// The URL that the vendor is told.
std::string WebhookUrl(const std::string& public_base_url, const std::string& token);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_
