#ifndef SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_
#define SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_

#include <string>

#include "service/config/config.h"

namespace seedance::server {

// Commands about the store of a configuration, for an operator. Each returns the exit code: 0 and what the copy holds
// on standard output, or 1 and the reason on standard error.

// Copies the store to the new file, also while a gateway uses it.
int BackUpStore(const config::GatewayConfig& config, const std::string& file);

// Puts a copy of the backup in the place of the store, which no gateway may be using.
int RestoreStore(const config::GatewayConfig& config, const std::string& file, bool accept_data_loss);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_
