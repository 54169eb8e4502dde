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

// Listens on TCP and hands connections over. gRPC 1.51's own listener stops accepting for ever after one "too many open
// files" (CVE-2023-4785) and has no limits; this one refuses the connection and goes on.
class Acceptor {
 public:
  struct Options {
    std::string address;         // `host:port`, `[v6]:port`; port 0 takes a free one.
    size_t max_connections = 0;  // In all; 0: no limit.
    size_t max_per_peer = 0;     // From one address; 0: no limit.
    base::Clock* clock = &base::RealClock();
  };

  // Receives an open socket and owns it from then on. Runs on the acceptor's thread.
  using OnConnection = absl::AnyInvocable<void(int fd)>;

  // Binds and listens. UNAVAILABLE with the system's words when that fails, INVALID_ARGUMENT for a bad address.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const Options& options);

  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // `host:port` with the port that was taken.
  const std::string& address() const { return address_; }

  void Start(OnConnection on_connection);

  // Accepts no more, closes the listening socket, joins the thread. May be called twice.
  void Stop();

  // When the connection of this peer was accepted; nullopt: there is none. Peers are written as gRPC writes them,
  // `ipv4:192.0.2.1:4711` or `ipv6:%5B2001:db8::1%5D:4711`. Thread-safe.
  std::optional<absl::Time> AcceptedAt(std::string_view peer);

  // Ends the connection of this peer, in both directions, if there is one. Thread-safe.
  void End(std::string_view peer);

  // Ends our side of every open connection (TCP FIN after what was sent) but those of `peers`: their clients see the
  // end and go elsewhere. Returns how many. After Stop.
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
  // False: over a limit.
  bool Admit(int fd, Connection connection);
  // Ends that connection, `how` as for shutdown(2). False: it is gone.
  static bool Cut(int fd, const Connection& connection, int how);
  void ForgetClosedLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetLocked(std::unordered_map<int, Connection>::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  int listener_;
  const int wake_;
  int reserve_ = -1;  // Given up for a moment to refuse a connection when no descriptor is left.
  const std::string address_;
  OnConnection on_connection_;
  base::Mutex mutex_;
  // By descriptor; may hold closed ones until the next ForgetClosedLocked.
  std::unordered_map<int, Connection> open_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, int> by_peer_ ABSL_GUARDED_BY(mutex_);  // Descriptors.
  std::unordered_map<std::string, size_t> per_host_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ACCEPTOR_H_
