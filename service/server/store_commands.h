#ifndef SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_
#define SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_

#include <string>

#include "service/config/config.h"

namespace seedance::server {

// Commands on the store of a configuration, for operators. Each returns the exit code: 0 with what was done on standard
// output, or 1 with the reason on standard error.
//
// Tests: tests/e2e/store_honesty_test.cc

// Migrates the schema of a store in PostgreSQL to this release; gateways may be using it.
int MigrateStore(const config::GatewayConfig& config);

// Copies the store to the new file `file`; a gateway may be using it.
int BackUpStore(const config::GatewayConfig& config, const std::string& file);

// Copies the store to that of the configuration file `to`, which must be empty, and compares them; no gateway may be
// using either.
int CopyStoreTo(const config::GatewayConfig& config, const std::string& to);

// Replaces the store, which no gateway may be using, with a copy of the backup `file`.
int RestoreStore(const config::GatewayConfig& config, const std::string& file, bool accept_data_loss);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_STORE_COMMANDS_H_
