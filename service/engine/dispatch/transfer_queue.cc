#include "service/engine/dispatch/transfer_queue.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::engine {
namespace {

// One for every eight places: a handful of tenants that come while another one has every place.
size_t SpareFor(size_t places) { return 1 + places / 8; }

}  // namespace

TransferSlot::TransferSlot(const LeastRate::Options& least_rate, base::Clock& clock)
    : clock_(clock), rate_(least_rate) {}

void TransferSlot::ExpectMessage(int64_t bytes) {
  base::MutexLock lock(mutex_);
  rate_.ExpectMessage(bytes);
}

void TransferSlot::BeginWait() {
  base::MutexLock lock(mutex_);
  wait_since_ = clock_.Now();
}

bool TransferSlot::EndWait(int64_t bytes) {
  base::MutexLock lock(mutex_);
  if (wait_since_ != absl::InfiniteFuture()) rate_.Waited(clock_.Now() - wait_since_);
  rate_.Moved(bytes);
  wait_since_ = absl::InfiniteFuture();
  return !ended_;
}

bool TransferSlot::Moved(int64_t bytes) {
  const bool goes_on = EndWait(bytes);
  BeginWait();
  return goes_on;
}

bool TransferSlot::EndIfTooSlow() {
  base::MutexLock lock(mutex_);
  if (ended_ || wait_since_ == absl::InfiniteFuture()) return false;
  const absl::Time now = clock_.Now();
  rate_.Waited(now - wait_since_);
  wait_since_ = now;
  ended_ = rate_.TooSlow();
  return ended_;
}

bool TransferSlot::ended() {
  base::MutexLock lock(mutex_);
  return ended_;
}

absl::Status TransferSlot::Error() {
  base::MutexLock lock(mutex_);
  base::ErrorDetail detail;
  detail.reason = base::Reason::kTransferTooSlow;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError(
      absl::StrCat("the transfer was ended because others waited: it transferred ", rate_.moved(), " bytes in ",
                   absl::FormatDuration(absl::Trunc(rate_.waited(), absl::Milliseconds(100))),
                   " of waiting for its peer; the minimum rate is ", rate_.options().bytes_per_second,
                   " bytes per second, with a credit of ", absl::FormatDuration(rate_.options().window),
                   " and of one message"),
      detail);
}

TransferQueue::TransferQueue(const std::string& name, const Options& options, base::Clock& clock,
                             std::function<void(absl::Time)> check_at)
    : name_(name),
      options_(options),
      spare_(SpareFor(options.places)),
      clock_(clock),
      check_at_(std::move(check_at)),
      pool_(name, options.places + spare_, options.places + spare_) {}

TransferQueue::~TransferQueue() { Stop(); }

bool TransferQueue::Submit(Transfer transfer) {
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(transfer)});
  std::string key;
  {
    base::MutexLock lock(mutex_);
    key = absl::StrCat(absl::Dec(next_key_++, absl::kZeroPad20));
  }
  const std::shared_ptr<base::CancelToken> cancel = waiting->transfer.cancel;
  // First of all, for it may run as soon as it has entered. A token that is cancelled already calls back at once.
  if (cancel != nullptr) waiting->cancel_id = cancel->OnCancel([this, key] { Drop(key); });
  if (!Enter(key, waiting)) {
    if (cancel != nullptr) cancel->Remove(waiting->cancel_id);
    return false;
  }
  if (cancel != nullptr && cancel->cancelled()) Drop(key);
  HandOut();
  check_at_(clock_.Now() + kCheckPause);
  return true;
}

bool TransferQueue::Enter(const std::string& key, std::shared_ptr<Waiting> waiting) {
  base::MutexLock lock(mutex_);
  if (stopped_) return false;
  const std::string name = waiting->transfer.tenant;
  const auto known = tenants_.find(name);
  const size_t own = known == tenants_.end() ? 0 : known->second.waiting;
  const bool full = queue_.size() >= options_.max_waiting;
  if (full && own >= options_.max_waiting / (tenants_.size() + (own == 0 ? 1 : 0))) return false;
  queue_.Add({name, key, clock_.Now(), std::move(waiting)});
  ++tenants_[name].waiting;
  return true;
}

void TransferQueue::Drop(const std::string& key) {
  std::shared_ptr<Waiting> dropped;
  {
    base::MutexLock lock(mutex_);
    std::optional<Item> item = queue_.Take(key);
    if (!item.has_value()) return;
    dropped = std::move(item->payload);
    --tenants_[item->tenant].waiting;
    ForgetIfIdleLocked(item->tenant);
  }
  dropped->transfer.dropped();
}

void TransferQueue::HandOut() {
  std::vector<Item> ready;
  {
    base::MutexLock lock(mutex_);
    ready = TakeReadyLocked();
  }
  for (Item& item : ready) {
    auto shared = std::make_shared<Item>(std::move(item));
    if (pool_.Submit([this, shared] { Run(*shared); })) continue;
    // No memory for it.
    if (shared->payload->transfer.cancel != nullptr) {
      shared->payload->transfer.cancel->Remove(shared->payload->cancel_id);
    }
    shared->payload->transfer.dropped();
    base::MutexLock lock(mutex_);
    EndedLocked(shared->tenant);
  }
}

std::vector<TransferQueue::Item> TransferQueue::TakeReadyLocked() {
  std::vector<Item> ready;
  const auto placed = [tenants = &tenants_](const std::string& name) { return tenants->at(name).placed; };
  while (placed_ < options_.places + spare_) {
    const bool spare = placed_ >= options_.places;
    std::optional<Item> item = queue_.Next([&](const std::string& name) { return !spare || placed(name) == 0; });
    if (!item.has_value()) break;
    Tenant& tenant = tenants_[item->tenant];
    --tenant.waiting;
    ++tenant.placed;
    ++placed_;
    ready.push_back(*std::move(item));
  }
  return ready;
}

void TransferQueue::Run(const Item& item) {
  Transfer& transfer = item.payload->transfer;
  // Not later: what it calls back must not come while the work has begun to answer.
  if (transfer.cancel != nullptr) transfer.cancel->Remove(item.payload->cancel_id);
  const auto slot = std::make_shared<TransferSlot>(options_.least_rate, clock_);
  std::list<Running>::iterator self;
  {
    base::MutexLock lock(mutex_);
    self = running_.insert(running_.end(), {item.tenant, slot, transfer.end});
    ++tenants_[item.tenant].running;
  }
  transfer.work(slot);
  transfer.work = nullptr;  // What it holds dies before the place is free.
  transfer.dropped = nullptr;
  {
    base::MutexLock lock(mutex_);
    running_.erase(self);
    --tenants_[item.tenant].running;
    EndedLocked(item.tenant);
  }
  HandOut();
}

void TransferQueue::EndedLocked(const std::string& tenant) {
  --placed_;
  --tenants_[tenant].placed;
  ForgetIfIdleLocked(tenant);
}

void TransferQueue::ForgetIfIdleLocked(const std::string& tenant) {
  const auto found = tenants_.find(tenant);
  if (found->second.waiting == 0 && found->second.placed == 0) tenants_.erase(found);
  if (queue_.empty() && placed_ == 0) empty_.NotifyAll();
}

void TransferQueue::Check() {
  std::vector<std::shared_ptr<base::CancelToken>> ended;
  bool waits = false;
  {
    base::MutexLock lock(mutex_);
    ended = EndSlowLocked();
    waits = !queue_.empty() || placed_ > running_.size();
  }
  if (!ended.empty()) {
    base::Log(
        base::LogLevel::kInfo, "transfers_ended",
        {{"queue", name_}, {"count", static_cast<int64_t>(ended.size())}, {"cause", "too slow while others wait"}});
  }
  for (const auto& token : ended) {
    if (token != nullptr) token->Cancel();
  }
  if (waits) check_at_(clock_.Now() + kCheckPause);
}

std::vector<std::shared_ptr<base::CancelToken>> TransferQueue::EndSlowLocked() {
  // What has a place but no thread yet waits too: there may be no more threads to have.
  size_t wanted = queue_.size() + (placed_ - running_.size());
  std::vector<Running*> all;
  for (Running& each : running_) {
    if (!each.slot->ended()) {
      all.push_back(&each);
    } else if (wanted > 0) {
      --wanted;  // Its place is free soon.
    }
  }
  std::stable_sort(all.begin(), all.end(), [tenants = &tenants_](const Running* a, const Running* b) {
    return tenants->at(a->tenant).running > tenants->at(b->tenant).running;
  });
  std::vector<std::shared_ptr<base::CancelToken>> tokens;
  for (Running* each : all) {
    if (tokens.size() >= wanted) break;
    if (!MustYieldLocked(each->tenant) || !each->slot->EndIfTooSlow()) continue;
    tokens.push_back(each->end);
    ended_.Add();
  }
  return tokens;
}

bool TransferQueue::MustYieldLocked(const std::string& tenant) {
  const size_t own = tenants_[tenant].running;
  return std::any_of(tenants_.begin(), tenants_.end(), [&](const auto& entry) {
    const auto& [name, other] = entry;
    const bool waits = other.waiting > 0 || other.placed > other.running;
    return waits && (name == tenant || other.running < own);
  });
}

void TransferQueue::Finish(absl::Time deadline) {
  base::Clock& clock = base::RealClock();
  base::MutexLock lock(mutex_);
  stopped_ = true;
  while ((!queue_.empty() || placed_ > 0) && clock.Now() < deadline) clock.WaitUntil(empty_, mutex_, deadline);
}

void TransferQueue::Stop() {
  Finish(absl::InfiniteFuture());
  pool_.Stop();
}

TransferQueue::Facts TransferQueue::facts() {
  base::MutexLock lock(mutex_);
  return {queue_.size(), running_.size()};
}

}  // namespace seedance::engine
