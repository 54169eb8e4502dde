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

// What kind of RPC takes a place. Watch streams that have begun have limits of their own (StreamRegistry).
enum class RequestKind { kCall, kWatch, kHealthCheck, kHealthWatch, kReflection };

// Limits of all RPCs that are open, by connection, by tenant and in total, and of the bytes of answers that their
// callers have not taken yet. A Unix socket's connections cannot be told apart: they have no shares. Thread-safe.
class CallLimits {
 public:
  struct Options {
    size_t max_calls = 20000;
    size_t max_calls_per_tenant = 20000;
    size_t max_streams_per_connection = 500;
    size_t max_answer_bytes = size_t{512} << 20;
    size_t max_answer_bytes_per_tenant = size_t{256} << 20;
    // Health checks, and health watches, at the same time; one connection: a tenth; one address: as many as it leaves
    // free.
    size_t max_health_calls = 1000;
    size_t max_reflection_streams = 32;  // 0: there is no reflection. One connection: a quarter.
    // Refused RPCs whose status the peer has not taken.
    size_t max_refusals = 1000;
    size_t max_refusals_per_connection = 500;
    // A connection that has no more is answered whatever the others have.
    size_t min_refusals_per_connection = 8;
    // Refusals that were dropped on a connection that takes none, before it is ended.
    size_t max_dropped_refusals = 5000;
    // Ends the connection of this peer, as gRPC writes it. Null: no connection is ended.
    std::function<void(const std::string& peer)> end_connection;
    base::Metrics* metrics = nullptr;
  };

  struct Connection;
  struct Tenant;
  // What one RPC takes. Filled by the methods below, given back by Release.
  struct Ticket {
    Connection* connection = nullptr;
    Tenant* tenant = nullptr;
    RequestKind kind = RequestKind::kCall;
    bool counts_as_call = false;
    bool counts_as_service = false;  // A health call or a stream of reflection.
    bool refused = false;
    size_t answer_bytes = 0;
  };

  explicit CallLimits(Options options);
  ~CallLimits();

  // The peer of the ticket's connection, and its address without the port, from Connect until Release.
  static const std::string& PeerOf(const Ticket& ticket);
  static const std::string& AddressOf(const Ticket& ticket);

  // A new RPC on the connection of this peer. RESOURCE_EXHAUSTED: the connection has more than it may. A peer may open
  // too many until it knows SETTINGS_MAX_CONCURRENT_STREAMS, and sends them again; one that has twice as many as it may
  // does not obey, and is ended.
  absl::Status Connect(Ticket& ticket, const std::string& peer);

  // Takes a place. RESOURCE_EXHAUSTED (RetryInfo; quota subject `gateway:<limit>` or `tenant:<name>`): there is none,
  // or the callers have left too many bytes of answers unread.
  absl::Status Admit(Ticket& ticket, RequestKind kind, const std::string& tenant);

  // A watch counts as a call until this: StreamRegistry counts it from now on.
  void BeginStream(Ticket& ticket);

  // Again whether answers are read, for a call whose handler begins only now. OK or as Admit.
  absl::Status CheckAnswers(const Ticket& ticket);

  // Bytes of an answer from now until Discharge or Release. Never refuses: what is answered may have been paid for.
  void Charge(Ticket& ticket, size_t bytes);
  void Discharge(Ticket& ticket, size_t bytes);
  // Bytes that several RPCs may send: they count for the tenant of this ticket, which has been admitted, until the last
  // copy of the result is gone. The limits outlive it.
  std::shared_ptr<void> ChargeShared(const Ticket& ticket, size_t bytes);

  // The RPC ends with a refusal. False: the peer takes no answers, the RPC must be dropped without one.
  [[nodiscard]] bool Refuse(Ticket& ticket);

  // The RPC has ended.
  void Release(Ticket& ticket);

  // A call was ended by the limit of that name, for the metric `seedance_calls_refused_total`. The names are those of
  // Limit.
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
  void Count(Limit limit);

  // RPCs that are open.
  size_t open();
  size_t answer_bytes();

 private:
  static constexpr size_t kLimits = 11;

  absl::Status Over(Limit limit, std::string_view what, size_t most, const std::string& subject);
  void EndConnection(const std::string& peer, std::string_view cause);
  absl::Status CheckAnswersLocked(const Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountAnswerLocked(Tenant& tenant, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropAnswerLocked(Tenant& tenant, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  using ServiceCalls = std::array<size_t, 5>;  // By RequestKind.
  bool HasServicePlaceLocked(const Ticket& ticket, size_t most) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveServiceLocked(Ticket& ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AdmitServiceLocked(Ticket& ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AdmitLocked(Ticket& ticket, Tenant& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  std::array<base::Counter, kLimits> refused_;
  base::Mutex mutex_;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  ServiceCalls service_calls_ ABSL_GUARDED_BY(mutex_) = {};
  std::unordered_map<std::string, ServiceCalls> service_calls_of_ ABSL_GUARDED_BY(mutex_);  // By address.
  size_t refusals_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Connection> connections_ ABSL_GUARDED_BY(mutex_);  // Those with an RPC.
  std::map<std::string, Tenant> tenants_ ABSL_GUARDED_BY(mutex_);  // Keeps those seen once; tenants are few.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_CALL_LIMITS_H_
