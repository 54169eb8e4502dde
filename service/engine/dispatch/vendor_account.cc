#include "service/engine/dispatch/vendor_account.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

// Transfers that wait: far more than a vendor lets run, few enough to stay small in memory. The pools' own queues hold
// what comes while a thread ends its work, because RequestDispatcher hands them no more than may run.
constexpr size_t kQueue = 20'000;

UsageLogOptions UsageLogOf(const VendorAccount::Config& config) {
  UsageLogOptions options = config.usage_log;
  options.enabled = options.enabled && config.upstream->usage_log() != nullptr;
  return options;
}

RequestDispatcher::Account AccountOf(const VendorAccount::Config& config) {
  RequestDispatcher::Account account{config.upstream->name(), config.observer, config.on_news, {}};
  if (config.metrics != nullptr) account.metrics = DispatcherMetrics(*config.metrics, account.upstream);
  return account;
}

}  // namespace

VendorAccount::VendorAccount(Config config, const LeastRate::Options& least_rate, base::Clock& clock,
                             std::function<void(absl::Time)> check_transfers_at)
    : dedicated_(config.dedicated),
      clock_(clock),
      usage_log_(UsageLogOf(config)),
      exclusive_key_(usage_log_.exclusive_key),
      changes_("submit-" + config.upstream->name(), config.max_submits, kQueue),
      reads_("poll-" + config.upstream->name(), config.max_polls, kQueue),
      transfers_("transfer-" + config.upstream->name(), {config.max_transfers, kQueue, least_rate}, clock,
                 std::move(check_transfers_at)),
      requests_({config.polls_per_second, config.submits_per_second, config.max_polls, config.max_submits,
                 config.breaker, config.part},
                reads_, changes_, clock, AccountOf(config)),
      metrics_(config.metrics, config.upstream->name()),
      upstream_(std::move(config.upstream), requests_, metrics_, clock),
      tenants_(std::move(config.tenants)) {
  if (config.metrics == nullptr) return;
  TellRequestsAtScrape(*config.metrics, name(), requests_);
  TellTransfersAtScrape(*config.metrics, name(), transfers_);
}

VendorAccount::~VendorAccount() {
  // It hands work to the pools, and what runs there tells it of its end.
  requests_.Stop();
  reads_.Stop();
  changes_.Stop();
}

void VendorAccount::Restrict(const Config& config) {
  if (!config.dedicated) dedicated_ = false;
  if (!config.usage_log.exclusive_key) exclusive_key_ = false;
}

void VendorAccount::Reconfigure(Config config) {
  upstream_.Replace(std::move(config.upstream));
  requests_.SetRates(config.polls_per_second, config.submits_per_second);
  base::MutexLock lock(mutex_);
  tenants_ = std::move(config.tenants);
}

bool VendorAccount::Allows(const std::string& tenant) {
  base::MutexLock lock(mutex_);
  return tenants_.empty() || std::find(tenants_.begin(), tenants_.end(), tenant) != tenants_.end();
}

absl::Status VendorAccount::Busy() const {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.retry_delay = absl::Seconds(1);
  detail.quota_subject = absl::StrCat("upstream:", name());
  return base::MakeError("too many requests are queued for this upstream", detail);
}

void VendorAccount::FinishOthers(absl::Time deadline) {
  transfers_.Finish(deadline);
  changes_.Finish(deadline);
}

void VendorAccount::Stop() {
  requests_.Stop();
  reads_.Stop();
  transfers_.Stop();
  changes_.Stop();
}

absl::Status CallerGone(absl::Time deadline) {
  const bool late = base::RealClock().Now() >= deadline;
  base::ErrorDetail detail;
  detail.reason = late ? base::Reason::kDeadlineExceeded : base::Reason::kCancelled;
  return base::MakeError(late ? "the call's deadline has passed" : "the caller cancelled or disconnected", detail);
}

}  // namespace seedance::engine
