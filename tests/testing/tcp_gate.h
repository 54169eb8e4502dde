#ifndef SEEDANCE_TESTS_TESTING_TCP_GATE_H_
#define SEEDANCE_TESTS_TESTING_TCP_GATE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/testing/tcp_gate_pipe.h"

namespace seedance::testing {

// A TCP proxy in the test's own process that makes networks go wrong: by chance (GateWeather) or by command. Draws come
// from a seed, so they repeat; which piece of which connection meets which draw depends on timing.
//
// Thread-safe; every command has taken effect when it returns.
class TcpGate {
 public:
  // Listens on a free port of 127.0.0.1 and leads to `target`, `host:port` with an IPv4 address, which need not listen
  // yet. Fair weather.
  static absl::StatusOr<std::unique_ptr<TcpGate>> Start(const std::string& target, uint64_t seed = 1);
  // Resets every connection.
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  // `127.0.0.1:port`, always the same.
  const std::string& address() const { return address_; }

  // For connections and pieces from now on.
  void SetWeather(const GateWeather& weather);

  // Stops listening: the kernel refuses connections, those that exist live on. Open: listens again.
  void Close();
  void Open();

  // Ends every connection, with RST or with FIN. What is in the gate is dropped.
  void ResetAll();
  void FinishAll();

  // Holds back everything in one direction, of every connection that there is now, or lets it go on.
  void Stall(GateDirection direction, bool stalled);

  GateStats Stats();

 private:
  struct Link;

  TcpGate(const std::string& target, uint64_t seed);
  absl::Status Listen();
  // Runs `action` on the gate's thread.
  void Do(absl::FunctionRef<void()> action);
  void Loop();
  void RunAction();
  void Accept();
  void Serve(Link& link, short client_events, short server_events, absl::Time now);
  void Finish(Link& link, absl::Time now);
  void Leave(Link& link, absl::Time now);
  void Connect(int client);

  const std::string target_;
  std::string address_;
  int wake_ = -1;  // An eventfd.

  base::Mutex mutex_;
  base::CondVar done_;
  absl::FunctionRef<void()>* action_ ABSL_GUARDED_BY(mutex_) = nullptr;

  // Of the gate's thread only.
  int listener_ = -1;
  bool stopping_ = false;
  GateWeather weather_;
  GateStats stats_;
  std::mt19937_64 random_;
  std::list<Link> links_;

  std::thread thread_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_TCP_GATE_H_
