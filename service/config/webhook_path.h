#ifndef SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_
#define SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_

#include <string>

#include "service/base/secret.h"

namespace seedance::config {

// The part of the webhook URL that identifies the upstream: `<dialect>/<token>`. The token has 32 hex digits derived
// from `secret`, so that they cannot be guessed and survive a restart.
//
// Tests: tests/unit/config/engine_config_test.cc
std::string WebhookPath(const std::string& dialect, const std::string& upstream, const base::Secret& secret);

// The URL that is given to the vendor.
std::string WebhookUrl(const std::string& public_base_url, const std::string& path);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_WEBHOOK_PATH_H_
