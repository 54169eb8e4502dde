#ifndef SEEDANCE_SERVICE_SERVER_RUN_H_
#define SEEDANCE_SERVICE_SERVER_RUN_H_

#include "service/config/config.h"

namespace seedance::server {

// Runs a gateway until SIGTERM or SIGINT, then shuts it down gracefully. A second signal, or a stop that takes 10 s
// longer than `server.drain_grace`, ends the process with exit code 1. A signal while the start waits for the store
// ends the wait. Call it from main, before any thread exists. Returns the exit code: 0, or 1 when the server could not
// start (the reason is on standard error). `accept_data_loss` as for Server::Start.
//
// Tests: tests/e2e/rollout_test.cc, tests/e2e/crash_test.cc
int Run(const config::GatewayConfig& config, bool accept_data_loss);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_RUN_H_
