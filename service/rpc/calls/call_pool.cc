#include "service/rpc/calls/call_pool.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::rpc {

absl::Status CallPoolFull() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRateLimited;
  detail.quota_subject = "gateway:call_threads";
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError("too many calls are waiting", detail);
}

absl::Status EndOfThrown() {
  base::ErrorDetail detail;
  std::string cause = "unknown exception";
  try {
    throw;
  } catch (const std::bad_alloc&) {
    cause = "out of memory";
    detail.reason = base::Reason::kQuotaExceeded;
    detail.quota_subject = "gateway:memory";
  } catch (const std::exception& error) {
    cause = error.what();
    detail.reason = base::Reason::kInternal;
  } catch (...) {
    detail.reason = base::Reason::kInternal;
  }
  base::Log(base::LogLevel::kError, "call_threw", {{"cause", cause}});
  return base::MakeError(detail.reason == base::Reason::kInternal ? "the call failed because of a defect in the gateway"
                                                                  : "the server is out of memory",
                         detail);
}

CallPool::CallPool(size_t threads, size_t max_waiting)
    : max_threads_(std::max<size_t>(threads, 1)),
      max_waiting_(max_waiting),
      pool_("calls", max_threads_, /*max_queue=*/max_threads_) {}

void CallPool::Run(const std::string& tenant, Work work, OnFailed on_failed) {
  Item item{std::move(work), std::move(on_failed)};
  if (!Add(tenant, item)) item.on_failed(CallPoolFull());
}

bool CallPool::Add(const std::string& tenant, Item& item) {
  base::MutexLock lock(mutex_);
  try {
    if (runs_ < max_threads_) {
      // At most one per thread, so the pool has a place for it. Ends if it finds no work.
      if (!pool_.Submit([this] { RunWaiting(); })) return false;
      ++runs_;
    }
    return AddLocked(tenant, item);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool CallPool::AddLocked(const std::string& tenant, Item& item) {
  const auto known = lanes_.find(tenant);
  if (known != lanes_.end()) {
    std::deque<Item>& items = known->second->items;
    if (items.size() >= max_waiting_ - std::min(waiting_, max_waiting_)) return false;
    items.push_back(std::move(item));
  } else {
    if (waiting_ >= max_waiting_) return false;
    Ring lane(1);
    lane.front().tenant = tenant;
    lane.front().items.emplace_back();
    lanes_.emplace(lane.front().tenant, lane.begin());
    lane.front().items.front() = std::move(item);  // No failure is possible from here on.
    ring_.splice(ring_.end(), lane);
  }
  ++waiting_;
  return true;
}

void CallPool::RunWaiting() {
  Item item;
  while (Next(item)) {
    RunOne(item);
    item = Item();  // Destroy captures before the thread counts as free.
  }
}

void CallPool::RunOne(Item& item) {
  try {
    try {
      item.work();
    } catch (...) {
      item.on_failed(EndOfThrown());
    }
  } catch (...) {
    // No memory even for the error: the deadline will end the call.
  }
}

bool CallPool::Next(Item& item) {
  base::MutexLock lock(mutex_);
  if (ring_.empty()) {
    --runs_;
    return false;
  }
  const Ring::iterator lane = ring_.begin();
  item = std::move(lane->items.front());
  lane->items.pop_front();
  --waiting_;
  if (lane->items.empty()) {
    lanes_.erase(lane->tenant);
    ring_.erase(lane);
  } else {
    ring_.splice(ring_.end(), ring_, lane);
  }
  return true;
}

}  // namespace seedance::rpc
