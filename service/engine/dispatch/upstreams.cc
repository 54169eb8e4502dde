#include "service/engine/dispatch/upstreams.h"

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

Upstreams::Entry::Entry(Config config, const LeastRate::Options& least_rate, base::Clock& clock,
                        std::function<void(absl::Time)> check_transfers_at)
    : upstream(std::move(config.upstream)),
      tenants(std::move(config.tenants)),
      dedicated(config.dedicated),
      usage_log(config.usage_log),
      submits("submit-" + upstream->name(), config.max_submits, kQueue),
      polls("poll-" + upstream->name(), config.max_polls, kQueue),
      transfers("transfer-" + upstream->name(), {config.max_transfers, kQueue, least_rate}, clock,
                std::move(check_transfers_at)),
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

Upstreams::Upstreams(std::vector<Config> configs, base::Clock& clock, const Options& options)
    : transfer_checks_("transfer-checks", clock, [this](const std::string& name) { CheckTransfers(name); }),
      fetches_("fetch", {options.max_fetches, kQueue, options.least_rate}, clock, CheckLater("")) {
  for (Config& config : configs) {
    const std::string name = config.upstream->name();
    entries_.push_back(std::make_unique<Entry>(std::move(config), options.least_rate, clock, CheckLater(name)));
  }
  transfer_checks_.Start();
}

Upstreams::~Upstreams() {
  // While it runs: transfers wait for it.
  for (const auto& entry : entries_) entry->transfers.Stop();
  fetches_.Stop();
  transfer_checks_.Stop();
}

std::function<void(absl::Time)> Upstreams::CheckLater(const std::string& name) {
  return [this, name](absl::Time time) {
    if (!transfer_checks_.Hasten(name, time)) transfer_checks_.Schedule(name, time);
  };
}

void Upstreams::CheckTransfers(const std::string& name) {
  if (name.empty()) return fetches_.Check();
  if (Entry* entry = Named(name); entry != nullptr) entry->transfers.Check();
}

void Upstreams::Instrument(base::Metrics& metrics) {
  for (const auto& entry : entries_) {
    entry->metrics = UpstreamMetrics(metrics, entry->upstream->name());
    entry->calls.SetMetrics(TurnMetrics(metrics, entry->upstream->name()));
    TellTurnsAtScrape(metrics, entry->upstream->name(), entry->calls);
    TellTransfersAtScrape(metrics, entry->upstream->name(), entry->transfers);
  }
  TellTransfersAtScrape(metrics, "", fetches_);
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
  // Each before those to which its works go on.
  for (const auto& entry : entries_) entry->polls.Finish(deadline);
  fetches_.Finish(deadline);
  for (const auto& entry : entries_) {
    entry->transfers.Finish(deadline);
    entry->submits.Finish(deadline);
  }
  stop_billed_->Cancel();
  for (const auto& entry : entries_) {
    entry->polls.Stop();
    entry->transfers.Stop();
    entry->submits.Stop();
  }
  fetches_.Stop();
}

upstream::CallOptions ToCallOptions(const CallContext& context) {
  upstream::CallOptions call;
  call.deadline = context.deadline;
  call.cancel = context.cancel;
  call.traceparent = context.traceparent;
  return call;
}

absl::Status CallerGone(absl::Time deadline) {
  const bool late = base::RealClock().Now() >= deadline;
  base::ErrorDetail detail;
  detail.reason = late ? base::Reason::kDeadlineExceeded : base::Reason::kCancelled;
  return base::MakeError(late ? "the call's deadline has passed" : "the caller cancelled or disconnected", detail);
}

absl::Status PoolFull(const Upstreams::Entry& entry) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = absl::Seconds(1);
  detail.quota_subject = absl::StrCat("upstream:", entry.upstream->name());
  return base::MakeError("too many requests are queued for this upstream", detail);
}

}  // namespace seedance::engine
