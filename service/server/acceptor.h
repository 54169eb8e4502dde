#ifndef SEEDANCE_SERVICE_SERVER_ACCEPTOR_H_
#define SEEDANCE_SERVICE_SERVER_ACCEPTOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::server {

// Listens on TCP and hands accepted connections over. Replaces gRPC 1.51's own listener, which stops accepting for ever
// after "too many open files" (CVE-2023-4785) and has no limits; this one refuses the connection and continues.
class Acceptor {
 public:
  struct Options {
    std::string address;         // `host:port` or `[v6]:port`; port 0 takes a free one.
    size_t max_connections = 0;  // In total; 0: no limit.
    size_t max_per_peer = 0;     // From one address; 0: no limit.
    base::Clock* clock = &base::RealClock();
  };

  // Takes ownership of an open socket. Runs on the acceptor's thread and must not block.
  using OnConnection = absl::AnyInvocable<void(int fd)>;

  // Binds and listens. UNAVAILABLE with the system's text when that fails, INVALID_ARGUMENT for a bad address.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const Options& options);

  // Calls Stop.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // The bound `host:port`.
  const std::string& address() const { return address_; }

  // Starts accepting, once. Throws base::ThreadStartError.
  void Start(OnConnection on_connection);

  // Stops accepting, closes the listening socket and joins the thread. May be called twice.
  void Stop();

  // Time at which the connection of `peer` was accepted; nullopt: no such connection. Peers as gRPC writes them,
  // `ipv4:192.0.2.1:4711` or `ipv6:%5B2001:db8::1%5D:4711`. Thread-safe.
  std::optional<absl::Time> AcceptedAt(std::string_view peer);

  // Shuts the connection of `peer` down in both directions, if it exists. Thread-safe.
  void End(std::string_view peer);

  // Closes our side of every open connection (TCP FIN after what was sent) except those of `peers`, so that their
  // clients reconnect elsewhere. Returns how many. After Stop.
  size_t EndOthers(const std::set<std::string>& peers);

 private:
  struct Connection {
    uint64_t inode;  // Tells whether the descriptor still is this connection.
    std::string host;
    std::string peer;
    absl::Time accepted;
  };

  Acceptor(const Options& options, int listener, int wake, std::string address);
  void Run();
  void AcceptOne();
  void OnExhausted();
  // False: a limit is exceeded.
  bool Admit(int fd, Connection connection);
  // shutdown(2) of that connection with `how`. False: it no longer exists.
  static bool Cut(int fd, const Connection& connection, int how);
  void ForgetClosedLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetLocked(std::unordered_map<int, Connection>::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  int listener_;
  const int wake_;
  int reserve_ = -1;  // Closed for a moment to refuse a connection when no descriptor is left.
  const std::string address_;
  OnConnection on_connection_;
  base::Mutex mutex_;
  // By descriptor; may contain closed ones until the next ForgetClosedLocked.
  std::unordered_map<int, Connection> open_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, int> by_peer_ ABSL_GUARDED_BY(mutex_);  // Descriptors.
  std::unordered_map<std::string, size_t> per_host_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ACCEPTOR_H_
