#ifndef SEEDANCE_SERVICE_RPC_CALLS_CALL_LIMITS_H_
#define SEEDANCE_SERVICE_RPC_CALLS_CALL_LIMITS_H_

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "service/base/metrics.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// Kinds of RPCs with separate limits. Watch streams, once started, are limited by StreamRegistry.
enum class RpcKind { kCall, kWatch, kHealthCheck, kHealthWatch, kReflection };

// Limits on open RPCs, by connection, by tenant and in total, and on bytes of answers that callers have not taken.
// Connections of a Unix socket cannot be told apart: limits per connection do not apply to them. Thread-safe.
class CallLimits {
 public:
  struct Options {
    // Total; of one tenant; RPCs on one connection.
    size_t max_calls = 20000;
    size_t max_calls_per_tenant = 20000;
    size_t max_streams_per_connection = 500;
    // Bytes of unread answers: total; of one tenant.
    size_t max_answer_bytes = size_t{512} << 20;
    size_t max_answer_bytes_per_tenant = size_t{256} << 20;
    // Concurrent health checks, and as many health watches. Of one connection: a tenth; of one address: as many as it
    // leaves free.
    size_t max_health_calls = 1000;
    // Concurrent reflection streams.
    size_t max_reflection_streams = 32;  // 0: no reflection. Of one connection: a quarter.
    // Refused RPCs whose status the peer has not taken: total; of one connection.
    size_t max_refusals = 1000;
    size_t max_refusals_per_connection = 500;
    // A connection with fewer pending refusals is always answered.
    size_t min_refusals_per_connection = 8;
    // Refusals dropped on a connection that takes none, before it is closed.
    size_t max_dropped_refusals = 5000;
    // Closes the connection of this peer, as gRPC writes it. Null: connections are not closed.
    std::function<void(const std::string& peer)> end_connection;
    // Null: limits are not counted.
    base::Metrics* metrics = nullptr;
  };

  struct Connection;
  struct Tenant;
  // What one RPC occupies. Filled by the methods below, returned by Release.
  struct Ticket {
    Connection* connection = nullptr;
    Tenant* tenant = nullptr;
    RpcKind kind = RpcKind::kCall;
    bool counts_as_call = false;
    bool counts_as_service = false;  // A health call or a reflection stream.
    bool refused = false;
    size_t answer_bytes = 0;
  };

  // `metrics` and what `end_connection` uses must outlive it.
  explicit CallLimits(Options options);
  ~CallLimits();

  // Takes over the four levels of calls and bytes from now on; what is open stays.
  void SetLevels(const Options& options);

  // Peer of the ticket's connection, and its address without the port. Valid from Connect until Release.
  static const std::string& PeerOf(const Ticket& ticket);
  static const std::string& AddressOf(const Ticket& ticket);

  // Registers an RPC on the connection of this peer. RESOURCE_EXHAUSTED: the connection has too many. A peer may exceed
  // the limit until it knows SETTINGS_MAX_CONCURRENT_STREAMS and then sends again; a connection with twice the limit
  // ignores it and is closed.
  absl::Status Connect(Ticket& ticket, const std::string& peer);

  // Takes a place for the RPC. RESOURCE_EXHAUSTED (RetryInfo; quota subject `gateway:<limit>` or `tenant:<name>`): none
  // is free, or callers left too many bytes of answers unread.
  absl::Status Admit(Ticket& ticket, RpcKind kind, const std::string& tenant);

  // Changes a watch, so far counted as a call, to a stream counted by StreamRegistry.
  void BeginStream(Ticket& ticket);

  // Rechecks unread answers, for a call whose handler starts only now. OK, or as Admit.
  absl::Status CheckAnswers(const Ticket& ticket);

  // Counts bytes of an answer until Discharge or Release. Never refuses: the result may have been paid for.
  void Charge(Ticket& ticket, size_t bytes);
  void Discharge(Ticket& ticket, size_t bytes);
  // Counts bytes that several RPCs may send, for the tenant of this admitted ticket, until the last copy of the result
  // is destroyed. The limits must outlive it.
  std::shared_ptr<void> ChargeShared(const Ticket& ticket, size_t bytes);

  // Counts a refusal. False: the peer takes no answers; the RPC must be dropped without one.
  [[nodiscard]] bool Refuse(Ticket& ticket);

  // The RPC has ended: returns everything it occupied.
  void Release(Ticket& ticket);

  // Limits that end calls, as labels of the metric `seedance_calls_refused_total`.
  enum class Limit {
    kCalls,
    kCallsPerTenant,
    kStreamsPerConnection,
    kAnswerBytes,
    kAnswerBytesPerTenant,
    kHealthCalls,
    kReflectionStreams,
    kRefusals,
    kReceiving,
    kReceiveTimeout,
    kAnswerTimeout,
  };
  // Counts a call ended by `limit`.
  void Count(Limit limit);

  // Number of open RPCs; of those with a place among the calls; bytes of unread answers.
  size_t open();
  size_t calls();
  size_t answer_bytes();

 private:
  static constexpr size_t kLimits = 11;

  // RESOURCE_EXHAUSTED for the limit, and counts it.
  absl::Status Over(Limit limit, std::string_view what, size_t most, const std::string& subject);
  // Closes the connection and logs why.
  void EndConnection(const std::string& peer, std::string_view cause);
  absl::Status CheckAnswersLocked(const Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountAnswerLocked(Tenant& tenant, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropAnswerLocked(Tenant& tenant, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  using ServiceCalls = std::array<size_t, 5>;  // By RpcKind.
  bool HasServicePlaceLocked(const Ticket& ticket, size_t most) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveServiceLocked(Ticket& ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AdmitServiceLocked(Ticket& ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AdmitLocked(Ticket& ticket, Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What can be changed, as in Options.
  struct Levels {
    size_t max_calls;
    size_t max_calls_per_tenant;
    size_t max_answer_bytes;
    size_t max_answer_bytes_per_tenant;
  };
  static Levels LevelsOf(const Options& options);

  const Options options_;
  std::array<base::Counter, kLimits> refused_;
  base::Mutex mutex_;
  Levels levels_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  ServiceCalls service_calls_ ABSL_GUARDED_BY(mutex_) = {};
  std::unordered_map<std::string, ServiceCalls> service_calls_of_ ABSL_GUARDED_BY(mutex_);  // By address.
  size_t refusals_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Connection> connections_ ABSL_GUARDED_BY(mutex_);  // Connections with an open RPC.
  std::map<std::string, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);  // Entries are kept; tenants are few.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_LIMITS_H_
