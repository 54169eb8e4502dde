#ifndef SEEDANCE_SERVICE_SERVER_RUN_H_
#define SEEDANCE_SERVICE_SERVER_RUN_H_

#include "service/config/config.h"

namespace seedance::server {

// Runs a gateway until SIGTERM or SIGINT and shuts it down gracefully; a second signal ends the process at once with
// exit code 1, as does a stop that takes 10 s longer than `server.drain_grace`. A signal while the start waits for the
// store ends the wait. Call it from main, before any thread exists. Returns the exit code: 0, or 1 when the server
// could not start (the reason is on standard error). `accept_data_loss` as for Server::Start.
int Run(const config::GatewayConfig& config, bool accept_data_loss);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_RUN_H_
