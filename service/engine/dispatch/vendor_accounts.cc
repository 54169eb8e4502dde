#include "service/engine/dispatch/vendor_accounts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/clock.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

// Waiting calls per pool: far more than a vendor lets run, few enough to stay small in memory.
constexpr size_t kFetchQueue = 20'000;

}  // namespace

VendorAccounts::VendorAccounts(std::vector<Config> configs, base::Clock& clock, const Options& options)
    : transfer_checks_(clock, base::Timer::Alarm::Work::kQuick,
                       [this](const std::string& name) { CheckTransfers(name); }),
      fetches_("fetch", {options.max_fetches, kFetchQueue, options.least_rate}, clock, CheckLater("")) {
  for (Config& config : configs) {
    const std::string name = config.upstream->name();
    config.observer = options.observer;
    config.part = options.part;
    config.on_news = options.on_news;
    config.metrics = options.metrics;
    accounts_.push_back(
        std::make_unique<VendorAccount>(std::move(config), options.least_rate, clock, CheckLater(name)));
  }
  if (options.metrics != nullptr) TellTransfersAtScrape(*options.metrics, "", fetches_);
  transfer_checks_.Start();
}

VendorAccounts::~VendorAccounts() {
  // While it runs: transfers wait for it.
  for (const auto& account : accounts_) account->transfers().Stop();
  fetches_.Stop();
  transfer_checks_.Stop();
}

std::function<void(absl::Time)> VendorAccounts::CheckLater(const std::string& name) {
  return [this, name](absl::Time time) {
    if (!transfer_checks_.Hasten(name, time)) transfer_checks_.Schedule(name, time);
  };
}

void VendorAccounts::CheckTransfers(const std::string& name) {
  if (name.empty()) return fetches_.Check();
  if (VendorAccount* account = Named(name); account != nullptr) account->transfers().Check();
}

absl::StatusOr<VendorAccount*> VendorAccounts::Choose(const std::string& tenant, const std::string& name,
                                                      const std::string& field) {
  const std::vector<VendorAccount*> allowed = Of(tenant);
  for (VendorAccount* account : allowed) {
    if (name.empty() || account->name() == name) return account;
  }
  const std::string known = absl::StrJoin(
      allowed, ", ", [](std::string* out, const VendorAccount* account) { out->append(account->name()); });
  return base::InvalidField(
      field, absl::StrCat("must be one of the upstreams that the tenant may use (", known, "), is `", name, "`"));
}

VendorAccount* VendorAccounts::Find(const std::string& tenant, const std::string& name) {
  for (const auto& account : accounts_) {
    if (account->name() == name && account->Allows(tenant)) return account.get();
  }
  return nullptr;
}

VendorAccount* VendorAccounts::Named(const std::string& name) {
  for (const auto& account : accounts_) {
    if (account->name() == name) return account.get();
  }
  return nullptr;
}

std::vector<VendorAccount*> VendorAccounts::Of(const std::string& tenant) {
  std::vector<VendorAccount*> allowed;
  for (const auto& account : accounts_) {
    if (account->Allows(tenant)) allowed.push_back(account.get());
  }
  return allowed;
}

std::vector<VendorAccount*> VendorAccounts::All() {
  std::vector<VendorAccount*> all;
  for (const auto& account : accounts_) all.push_back(account.get());
  return all;
}

upstream::CallOptions VendorAccounts::BackgroundRead(RequestSlot* slot, const std::string& traceparent) const {
  upstream::CallOptions call;
  call.permit = slot;
  call.cancel = stop_reads_;
  call.traceparent = traceparent;
  return call;
}

upstream::CallOptions VendorAccounts::Billed(const CallContext& context) const {
  upstream::CallOptions call;
  call.tenant = context.tenant;
  call.abandon = stop_billed_;
  call.traceparent = context.traceparent;
  return call;
}

void VendorAccounts::Stop(absl::Duration grace) {
  stop_reads_->Cancel();
  // Pools keep to the machine's time.
  const absl::Time deadline = base::RealClock().Now() + grace;
  for (const auto& account : accounts_) account->CloseRequests();
  // Each before those to which its works go on.
  for (const auto& account : accounts_) account->FinishReads(deadline);
  fetches_.Finish(deadline);
  for (const auto& account : accounts_) account->FinishOthers(deadline);
  stop_billed_->Cancel();
  for (const auto& account : accounts_) account->Stop();
  fetches_.Stop();
}

upstream::CallOptions ToCallOptions(const CallContext& context) {
  upstream::CallOptions call;
  call.tenant = context.tenant;
  call.deadline = context.deadline;
  call.cancel = context.cancel;
  call.traceparent = context.traceparent;
  return call;
}

}  // namespace seedance::engine
