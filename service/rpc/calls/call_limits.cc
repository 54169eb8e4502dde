#include "service/rpc/calls/call_limits.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/host/host_port.h"
#include "service/base/log.h"

namespace seedance::rpc {

struct CallLimits::Connection {
  explicit Connection(const std::string& name) : address(base::WithoutPort(name)) {}

  const std::string* peer = nullptr;  // Key in connections_.
  const std::string address;          // The peer without the port.
  size_t open = 0;
  std::array<size_t, 5> service_calls{};  // By RpcKind.
  size_t refusals = 0;
  size_t dropped = 0;  // Refusals dropped since no refusal was pending last.
  bool ended = false;
};

struct CallLimits::Tenant {
  std::string name;
  size_t calls = 0;
  size_t answer_bytes = 0;
};

namespace {

constexpr std::array<const char*, 11> kNames = {"calls",
                                                "calls_per_tenant",
                                                "streams_per_connection",
                                                "answer_bytes",
                                                "answer_bytes_per_tenant",
                                                "health_calls",
                                                "reflection_streams",
                                                "refusals",
                                                "receiving",
                                                "receive_timeout",
                                                "answer_timeout"};

// Connections of a Unix socket are indistinguishable.
bool HasName(const std::string& peer) { return !absl::StartsWith(peer, "unix"); }

bool IsService(RpcKind kind) { return kind != RpcKind::kCall && kind != RpcKind::kWatch; }

}  // namespace

CallLimits::CallLimits(Options options) : options_(std::move(options)), levels_(LevelsOf(options_)) {
  static_assert(kNames.size() == kLimits);
  if (options_.metrics == nullptr) return;
  for (size_t i = 0; i < kLimits; ++i) {
    refused_[i] = options_.metrics->Counter("seedance_calls_refused_total", {{"limit", kNames[i]}});
  }
}

CallLimits::~CallLimits() = default;

CallLimits::Levels CallLimits::LevelsOf(const Options& options) {
  return {options.max_calls, options.max_calls_per_tenant, options.max_answer_bytes,
          options.max_answer_bytes_per_tenant};
}

void CallLimits::SetLevels(const Options& options) {
  base::MutexLock lock(mutex_);
  levels_ = LevelsOf(options);
}

void CallLimits::Count(Limit limit) { refused_[static_cast<size_t>(limit)].Add(); }

absl::Status CallLimits::Over(Limit limit, std::string_view what, size_t most, const std::string& subject) {
  Count(limit);
  base::ErrorDetail detail;
  detail.reason = base::Reason::kQuotaExceeded;
  detail.quota_subject = subject;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError(absl::StrCat("the limit of ", most, " ", std::string(what), " is reached"), detail);
}

const std::string& CallLimits::PeerOf(const Ticket& ticket) { return *ticket.connection->peer; }

const std::string& CallLimits::AddressOf(const Ticket& ticket) { return ticket.connection->address; }

absl::Status CallLimits::Connect(Ticket& ticket, const std::string& peer) {
  bool end = false;
  {
    base::MutexLock lock(mutex_);
    const auto entry = connections_.try_emplace(peer, peer).first;
    Connection& connection = entry->second;
    connection.peer = &entry->first;
    ticket.connection = &connection;
    ++open_;
    const size_t most = options_.max_streams_per_connection;
    if (++connection.open <= most || !HasName(peer)) return absl::OkStatus();
    end = connection.open > 2 * most && !std::exchange(connection.ended, true);
  }
  if (end) EndConnection(peer, "stream limit");
  return Over(Limit::kStreamsPerConnection, "streams of a connection", options_.max_streams_per_connection,
              "gateway:streams_per_connection");
}

void CallLimits::EndConnection(const std::string& peer, std::string_view cause) {
  base::LogLine line(base::LogLevel::kWarning, "connection_ended", {"connection_ended", base::LogCause::kAnyone});
  line.Add("cause", cause);
  line.Add("peer", peer);
  line.Write();
  if (options_.end_connection != nullptr) options_.end_connection(peer);
}

absl::Status CallLimits::Admit(Ticket& ticket, RpcKind kind, const std::string& tenant) {
  base::MutexLock lock(mutex_);
  Tenant& entry = tenants_.try_emplace(tenant, Tenant{tenant}).first->second;
  ticket.kind = kind;
  if (absl::Status admitted = AdmitLocked(ticket, entry); !admitted.ok()) return admitted;
  ticket.tenant = &entry;
  return absl::OkStatus();
}

absl::Status CallLimits::AdmitLocked(Ticket& ticket, Tenant& tenant) {
  if (IsService(ticket.kind)) return AdmitServiceLocked(ticket);
  if (calls_ >= levels_.max_calls) return Over(Limit::kCalls, "open calls", levels_.max_calls, "gateway:calls");
  if (tenant.calls >= levels_.max_calls_per_tenant) {
    return Over(Limit::kCallsPerTenant, "open calls of a tenant", levels_.max_calls_per_tenant,
                absl::StrCat("tenant:", tenant.name));
  }
  if (absl::Status read = CheckAnswersLocked(tenant); !read.ok()) return read;
  ++calls_;
  ++tenant.calls;
  ticket.counts_as_call = true;
  return absl::OkStatus();
}

void CallLimits::BeginStream(Ticket& ticket) {
  base::MutexLock lock(mutex_);
  if (!std::exchange(ticket.counts_as_call, false)) return;
  --calls_;
  --ticket.tenant->calls;
}

absl::Status CallLimits::AdmitServiceLocked(Ticket& ticket) {
  const bool reflection = ticket.kind == RpcKind::kReflection;
  const size_t most = reflection ? options_.max_reflection_streams : options_.max_health_calls;
  if (!HasServicePlaceLocked(ticket, most)) {
    return reflection ? Over(Limit::kReflectionStreams, "reflection streams", most, "gateway:reflection_streams")
                      : Over(Limit::kHealthCalls, "open health calls", most, "gateway:health_calls");
  }
  const auto kind = static_cast<size_t>(ticket.kind);
  ++service_calls_[kind];
  ++ticket.connection->service_calls[kind];
  ++service_calls_of_[ticket.connection->address][kind];
  ticket.counts_as_service = true;
  return absl::OkStatus();
}

bool CallLimits::HasServicePlaceLocked(const Ticket& ticket, size_t most) {
  const auto kind = static_cast<size_t>(ticket.kind);
  if (service_calls_[kind] >= most) return false;
  if (!HasName(*ticket.connection->peer)) return true;
  const bool reflection = ticket.kind == RpcKind::kReflection;
  if (ticket.connection->service_calls[kind] >= std::max<size_t>(1, most / (reflection ? 4 : 10))) return false;
  const auto of_address = service_calls_of_.find(ticket.connection->address);
  if (reflection || of_address == service_calls_of_.end()) return true;
  return of_address->second[kind] < most - service_calls_[kind];
}

void CallLimits::LeaveServiceLocked(Ticket& ticket) {
  if (!std::exchange(ticket.counts_as_service, false)) return;
  const auto kind = static_cast<size_t>(ticket.kind);
  --service_calls_[kind];
  --ticket.connection->service_calls[kind];
  const auto of_address = service_calls_of_.find(ticket.connection->address);
  --of_address->second[kind];
  if (of_address->second == ServiceCalls{}) service_calls_of_.erase(of_address);
}

absl::Status CallLimits::CheckAnswersLocked(const Tenant& tenant) {
  if (answer_bytes_ >= levels_.max_answer_bytes) {
    return Over(Limit::kAnswerBytes, "bytes of unread answers", levels_.max_answer_bytes, "gateway:answer_bytes");
  }
  if (tenant.answer_bytes >= levels_.max_answer_bytes_per_tenant) {
    return Over(Limit::kAnswerBytesPerTenant, "bytes of unread answers of a tenant",
                levels_.max_answer_bytes_per_tenant, absl::StrCat("tenant:", tenant.name));
  }
  return absl::OkStatus();
}

absl::Status CallLimits::CheckAnswers(const Ticket& ticket) {
  base::MutexLock lock(mutex_);
  return ticket.tenant == nullptr ? absl::OkStatus() : CheckAnswersLocked(*ticket.tenant);
}

void CallLimits::Charge(Ticket& ticket, size_t bytes) {
  base::MutexLock lock(mutex_);
  if (ticket.tenant == nullptr) return;
  ticket.answer_bytes += bytes;
  CountAnswerLocked(*ticket.tenant, bytes);
}

void CallLimits::Discharge(Ticket& ticket, size_t bytes) {
  base::MutexLock lock(mutex_);
  if (ticket.tenant == nullptr) return;
  ticket.answer_bytes -= bytes;
  DropAnswerLocked(*ticket.tenant, bytes);
}

void CallLimits::CountAnswerLocked(Tenant& tenant, size_t bytes) {
  tenant.answer_bytes += bytes;
  answer_bytes_ += bytes;
}

void CallLimits::DropAnswerLocked(Tenant& tenant, size_t bytes) {
  tenant.answer_bytes -= bytes;
  answer_bytes_ -= bytes;
}

std::shared_ptr<void> CallLimits::ChargeShared(const Ticket& ticket, size_t bytes) {
  const auto discharge = [this, bytes](Tenant* tenant) {
    base::MutexLock lock(mutex_);
    DropAnswerLocked(*tenant, bytes);
  };
  {
    base::MutexLock lock(mutex_);
    CountAnswerLocked(*ticket.tenant, bytes);
  }
  // Without the lock: on failure the deleter discharges.
  return std::shared_ptr<Tenant>(ticket.tenant, discharge);
}

bool CallLimits::Refuse(Ticket& ticket) {
  std::string peer;
  {
    base::MutexLock lock(mutex_);
    Connection& connection = *ticket.connection;
    // Counted as a refusal from now on: peers that do not read refusals must not use up the service's places.
    LeaveServiceLocked(ticket);
    ticket.refused = true;
    ++refusals_;
    ++connection.refusals;
    const bool named = HasName(*connection.peer);
    const size_t most = named ? options_.max_refusals_per_connection : options_.max_refusals;
    const size_t least = named ? std::min(options_.min_refusals_per_connection, options_.max_refusals) : 0;
    if (connection.refusals <= most && (refusals_ <= options_.max_refusals || connection.refusals <= least)) {
      return true;
    }
    if (++connection.dropped >= options_.max_dropped_refusals && named && !std::exchange(connection.ended, true)) {
      peer = *connection.peer;
    }
  }
  Count(Limit::kRefusals);
  if (!peer.empty()) EndConnection(peer, "limit of refused calls");
  return false;
}

void CallLimits::Release(Ticket& ticket) {
  base::MutexLock lock(mutex_);
  if (ticket.connection == nullptr) return;
  Connection& connection = *ticket.connection;
  if (ticket.tenant != nullptr) DropAnswerLocked(*ticket.tenant, ticket.answer_bytes);
  if (ticket.counts_as_call) {
    --calls_;
    --ticket.tenant->calls;
  }
  LeaveServiceLocked(ticket);
  if (ticket.refused) {
    --refusals_;
    if (--connection.refusals == 0) connection.dropped = 0;
  }
  --open_;
  if (--connection.open == 0) connections_.erase(*connection.peer);
  ticket = Ticket();
}

size_t CallLimits::open() {
  base::MutexLock lock(mutex_);
  return open_;
}

size_t CallLimits::calls() {
  base::MutexLock lock(mutex_);
  return calls_;
}

size_t CallLimits::answer_bytes() {
  base::MutexLock lock(mutex_);
  return answer_bytes_;
}

}  // namespace seedance::rpc
