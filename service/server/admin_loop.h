#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_LOOP_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_LOOP_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/server/admin_connection.h"

namespace seedance::server {

// Receives requests and sends responses of many connections on one thread, which no peer can block.
//
// A new connection always fits: the most expendable one is closed for it. That is one whose response was sent, else one
// whose request is incomplete, else one being answered; among these, the oldest of the peer with the most connections.
// So a peer that sends a whole request at once is answered whatever others leave incomplete.
//
// Tests: tests/unit/server/admin_loop_test.cc, tests/unit/server/admin_attack_test.cc
class AdminLoop {
 public:
  struct Limits {
    size_t max_connections = 512;
    size_t max_held = 32 << 20;                        // Bytes of requests and responses in memory.
    absl::Duration receive_time = absl::Seconds(10);   // For a whole request, from the start of the connection.
    absl::Duration write_pause = absl::Seconds(30);    // Until the peer takes more bytes.
    absl::Duration exchange_time = absl::Minutes(15);  // For the whole exchange.
  };

  // Takes a connection whose head or body was received. Runs on the loop's thread and must not block.
  using OnReceived = std::function<void(std::unique_ptr<AdminConnection>)>;

  // `name` as in base::StartThread. Throws base::ThreadStartError.
  AdminLoop(const std::string& name, const Limits& limits, OnReceived on_received);
  // Calls Stop.
  ~AdminLoop();
  AdminLoop(const AdminLoop&) = delete;
  AdminLoop& operator=(const AdminLoop&) = delete;

  // Continues the connection in its phase; closes it after Stop. Thread-safe.
  void Add(std::unique_ptr<AdminConnection> connection);

  // Closes all connections and joins the thread. May be called twice.
  void Stop();

 private:
  using Connections = std::vector<std::unique_ptr<AdminConnection>>;

  void Run();
  // Moves added_ to connections_. False: the loop was stopped.
  bool TakeAdded();
  void Evict();
  void Wait();
  void Advance(std::unique_ptr<AdminConnection>& connection, absl::Time now);
  void Expire(std::unique_ptr<AdminConnection>& connection);
  void SetDeadline(AdminConnection& connection, absl::Time now) const;

  const Limits limits_;
  const OnReceived on_received_;
  const int wake_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  Connections added_ ABSL_GUARDED_BY(mutex_);
  Connections connections_;  // Used by the thread only.
  std::thread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_LOOP_H_
