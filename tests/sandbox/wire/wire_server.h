#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_WIRE_SERVER_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_WIRE_SERVER_H_

#include <httplib.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/base/thread_pool.h"

namespace seedance::sandbox {

// An HTTP server that can misbehave below HTTP: httplib parses and routes, this class owns the sockets. Each reply is
// collected whole before a byte of it is sent, so that a handler can decide what reaches the wire.
class WireServer : private httplib::Server {
 public:
  enum class Wire {
    kWhole,    // The reply.
    kNothing,  // The connection is closed without a byte.
    kHalf,     // Headers and half of the body, then the connection is closed.
  };
  // True: go on. False: the connection is reset at once, the body of the request unread. Called for each request when
  // its headers have been read.
  using Admit = std::function<bool(const httplib::Request&)>;

  WireServer();
  ~WireServer() override;

  using httplib::Server::Delete;
  using httplib::Server::Get;
  using httplib::Server::Patch;
  using httplib::Server::Post;
  using httplib::Server::Put;

  // Binds `host:port` (port 0: a free one) and serves until Stop. Returns the bound `host:port`. Handlers must be set
  // before.
  absl::StatusOr<std::string> Start(const std::string& listen, Admit admit = nullptr);

  // Breaks all connections and waits for the handlers to return. May be called twice.
  void Stop();

  // Decides about the reply that the calling handler will return. Only inside a handler.
  static void SetWire(Wire wire);

 private:
  class Connection;

  void Accept();
  void Serve(int socket);
  // One request, by the process_request that this version of httplib has.
  template <typename Self, typename SetUp>
  static bool Answer(Self& self, Connection& connection, bool& last, SetUp set_up);

  // The connection whose request this thread handles.
  static thread_local Connection* current_;

  Admit admit_;
  int listener_ = -1;
  std::thread acceptor_;
  base::ThreadPool pool_;
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<int> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_WIRE_SERVER_H_
