#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_SERVER_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/server/admin_answers.h"
#include "service/server/admin_loop.h"

namespace seedance::server {

// The HTTP server for operators and vendors:
//   GET /livez                        200 as long as the process runs
//   GET /readyz                       200, or 503 and the reason
//   GET /metrics                      200, Prometheus' text format
//   GET /replicas                     200, the gateways that share the store as a table; 404: it is not shared; 503
//   POST /webhooks/<dialect>/<token>  200 `{}`, 401, 404, 411, 413, 415
//   GET /staging/<token>/<name>       200, 206, 404, 416, 503
// HEAD works where GET does. One request per connection, so there are no idle connections and no unread bodies between
// requests. Every wait and every size is bounded, and no peer occupies a thread: one thread receives requests and
// answers probes (admin_loop.h), one sends files, and hooks that may block have a few of their own. Slow peers do not
// delay probes. No TLS: the address is for operators and proxies.
class AdminServer {
 public:
  struct Limits {
    AdminLoop::Limits loop;
    size_t max_transfers = 96;  // Files sent concurrently; further ones get 503.
  };

  // Binds `host:port` and listens; port 0 takes a free one. Connections wait until Start. UNAVAILABLE with the system's
  // text when the address is taken, INVALID_ARGUMENT for a bad one.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Listen(const std::string& address, const Limits& limits);
  // Calls Stop.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // The bound `host:port`.
  const std::string& address() const;

  // Starts answering, once. `hooks` are called until Stop returns. Throws base::ThreadStartError.
  void Start(AdminHooks hooks);

  // Closes all connections, and returns when no hook runs. May be called twice.
  void Stop();

 private:
  class Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_SERVER_H_
