#include "service/engine/upstreams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/clock.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

// Waiting calls per pool: far more than a vendor lets run, few enough to stay small in memory.
constexpr size_t kQueue = 20'000;

}  // namespace

Upstreams::Entry::Entry(Config config, base::Clock& clock)
    : upstream(std::move(config.upstream)),
      tenants(std::move(config.tenants)),
      dedicated(config.dedicated),
      submits("submit-" + upstream->name(), config.max_submits, kQueue),
      polls("poll-" + upstream->name(), config.max_polls, kQueue),
      transfers("transfer-" + upstream->name(), config.max_transfers, kQueue),
      calls({config.polls_per_second, config.submits_per_second, config.max_polls, config.max_submits, config.breaker},
            polls, submits, clock) {}

Upstreams::Entry::~Entry() {
  // It hands works to the pools, and what runs there tells it of its end.
  calls.Stop();
  polls.Stop();
  submits.Stop();
}

bool Upstreams::Entry::Allows(const std::string& tenant) const {
  return tenants.empty() || std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
}

Upstreams::Upstreams(std::vector<Config> configs, base::Clock& clock) {
  for (Config& config : configs) entries_.push_back(std::make_unique<Entry>(std::move(config), clock));
}

void Upstreams::Instrument(base::Metrics& metrics) {
  for (const auto& entry : entries_) {
    entry->metrics = UpstreamMetrics(metrics, entry->upstream->name());
    entry->calls.SetMetrics(TurnMetrics(metrics, entry->upstream->name()));
    TellTurnsAtScrape(metrics, entry->upstream->name(), entry->calls);
  }
}

absl::StatusOr<Upstreams::Entry*> Upstreams::Choose(const std::string& tenant, const std::string& name,
                                                    const std::string& field) {
  const std::vector<Entry*> allowed = Of(tenant);
  for (Entry* entry : allowed) {
    if (name.empty() || entry->upstream->name() == name) return entry;
  }
  const std::string known =
      absl::StrJoin(allowed, ", ", [](std::string* out, const Entry* entry) { out->append(entry->upstream->name()); });
  return base::InvalidField(
      field, absl::StrCat("must be one of the upstreams that the tenant may use (", known, "), is `", name, "`"));
}

Upstreams::Entry* Upstreams::Find(const std::string& tenant, const std::string& name) {
  for (const auto& entry : entries_) {
    if (entry->upstream->name() == name && entry->Allows(tenant)) return entry.get();
  }
  return nullptr;
}

Upstreams::Entry* Upstreams::Named(const std::string& name) {
  for (const auto& entry : entries_) {
    if (entry->upstream->name() == name) return entry.get();
  }
  return nullptr;
}

std::vector<Upstreams::Entry*> Upstreams::Of(const std::string& tenant) {
  std::vector<Entry*> allowed;
  for (const auto& entry : entries_) {
    if (entry->Allows(tenant)) allowed.push_back(entry.get());
  }
  return allowed;
}

std::vector<Upstreams::Entry*> Upstreams::All() {
  std::vector<Entry*> all;
  for (const auto& entry : entries_) all.push_back(entry.get());
  return all;
}

upstream::CallOptions Upstreams::BackgroundRead() const {
  upstream::CallOptions call;
  call.cancel = stop_reads_;
  return call;
}

upstream::CallOptions Upstreams::Billed(const std::string& traceparent) const {
  upstream::CallOptions call;
  call.abandon = stop_billed_;
  call.traceparent = traceparent;
  return call;
}

void Upstreams::Stop(absl::Duration grace) {
  stop_reads_->Cancel();
  // Pools keep to the machine's time.
  const absl::Time deadline = base::RealClock().Now() + grace;
  for (const auto& entry : entries_) entry->calls.Stop();
  for (const auto& entry : entries_) {
    for (base::ThreadPool* pool : entry->Pools()) pool->Finish(deadline);
  }
  stop_billed_->Cancel();
  for (const auto& entry : entries_) {
    for (base::ThreadPool* pool : entry->Pools()) pool->Stop();
  }
}

upstream::CallOptions ToCallOptions(const CallContext& context) {
  upstream::CallOptions call;
  call.deadline = context.deadline;
  call.cancel = context.cancel;
  call.traceparent = context.traceparent;
  return call;
}

absl::Status PoolFull(const Upstreams::Entry& entry) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = absl::Seconds(1);
  detail.quota_subject = absl::StrCat("upstream:", entry.upstream->name());
  return base::MakeError("too many calls wait for this upstream", detail);
}

}  // namespace seedance::engine
