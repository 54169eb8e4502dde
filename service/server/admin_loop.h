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

// Receives requests and sends answers of many connections on one thread, which no peer can hold up.
//
// There is always room for one more connection: the most expendable one is closed for it. That is one whose answer was
// sent already, else one whose request is not whole yet, else one that is being answered; among those, one of the peer
// that has the most connections, the oldest first. So a peer that sends a whole request at once is answered whatever
// others leave half done.
class AdminLoop {
 public:
  struct Limits {
    size_t max_connections = 512;
    size_t max_held = 32 << 20;                        // Bytes of requests and answers in memory.
    absl::Duration receive_time = absl::Seconds(10);   // For a whole request, from the connection's begin.
    absl::Duration write_pause = absl::Seconds(30);    // Until a peer takes more bytes.
    absl::Duration exchange_time = absl::Minutes(15);  // For all of it.
  };

  // Takes a connection whose head or body is there. Runs on the loop's thread: it must not block.
  using OnReceived = std::function<void(std::unique_ptr<AdminConnection>)>;

  // `name` (at most 15 bytes) is that of the thread. Throws base::ThreadStartError.
  AdminLoop(const std::string& name, const Limits& limits, OnReceived on_received);
  ~AdminLoop();
  AdminLoop(const AdminLoop&) = delete;
  AdminLoop& operator=(const AdminLoop&) = delete;

  // Goes on with the connection in its phase; after Stop it is closed. Thread-safe.
  void Add(std::unique_ptr<AdminConnection> connection);

  // Closes all connections and joins the thread. May be called twice.
  void Stop();

 private:
  using Connections = std::vector<std::unique_ptr<AdminConnection>>;

  void Run();
  // False: the loop was stopped.
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
  Connections connections_;  // Of the thread alone.
  std::thread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_LOOP_H_
