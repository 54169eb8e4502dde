#ifndef SEEDANCE_SERVICE_SERVER_RUN_H_
#define SEEDANCE_SERVICE_SERVER_RUN_H_

#include <string>

#include "service/config/config.h"

namespace seedance::server {

// Takes over level and rates of the log.
void SetLogging(const gateway::config::v1::Log& log);

// Runs a gateway until SIGTERM or SIGINT, then shuts it down gracefully. A second signal, or a stop that takes 10 s
// longer than `server.drain_grace`, ends the process with exit code 1. A signal while the start waits for the store
// ends the wait. SIGHUP reads the file at `path` again (Reloader). Call it from main, before any thread exists. Returns
// the exit code: 0, or 1 when the server could not start (the reason is on standard error). `accept_data_loss` as for
// Server::Start.
//
// Tests: tests/e2e/rollout_test.cc, tests/e2e/crash_test.cc
int Run(const std::string& path, const config::GatewayConfig& config, bool accept_data_loss);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_RUN_H_
