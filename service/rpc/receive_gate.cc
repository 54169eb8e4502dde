#include "service/rpc/receive_gate.h"

#include <algorithm>
#include <iterator>

namespace seedance::rpc {
namespace {

// Making a lane anew for every call would cost more than keeping a few.
constexpr size_t kKeptLanes = 64;

}  // namespace

bool ReceiveGate::HasPlaceLocked(const Lane& lane) const {
  return used_ < places_ && lane.used < std::max<size_t>(1, places_ / 2);
}

ReceiveGate::Entry ReceiveGate::Enter(const std::string& tenant, const std::shared_ptr<Receiver>& receiver) {
  base::MutexLock lock(mutex_);
  Lane& lane = lanes_[tenant];
  if (waiting_ >= max_waiting_ && (!lane.waiting.empty() || !HasPlaceLocked(lane))) {
    // Those that are gone keep nobody out.
    for (auto& [name, other] : lanes_) {
      waiting_ -= std::erase_if(other.waiting, [](const auto& waiting) { return waiting.expired(); });
    }
  }
  if (!lane.waiting.empty() || !HasPlaceLocked(lane)) {
    if (waiting_ >= max_waiting_) {
      if (lane.used == 0 && lane.waiting.empty()) lanes_.erase(tenant);
      return Entry::kFull;
    }
    lane.waiting.push_back(receiver);
    ++waiting_;
    return Entry::kWait;
  }
  ++used_;
  ++lane.used;
  return Entry::kPlace;
}

void ReceiveGate::Leave(const std::string& tenant) {
  std::string leaving = tenant;
  for (;;) {
    std::shared_ptr<Receiver> next;
    {
      base::MutexLock lock(mutex_);
      GiveBackLocked(leaving);
      if (waiting_ == 0) return;
      next = NextLocked();
      leaving = last_;
    }
    if (next == nullptr || next->OnPlace()) return;
  }
}

void ReceiveGate::GiveBackLocked(const std::string& tenant) {
  --used_;
  const auto lane = lanes_.find(tenant);
  --lane->second.used;
  if (lanes_.size() > kKeptLanes && lane->second.used == 0 && lane->second.waiting.empty()) lanes_.erase(lane);
}

std::shared_ptr<ReceiveGate::Receiver> ReceiveGate::NextLocked() {
  auto lane = lanes_.upper_bound(last_);
  for (size_t left = lanes_.size(); left > 0; --left) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    auto& waiting = lane->second.waiting;
    while (!waiting.empty() && HasPlaceLocked(lane->second)) {
      std::shared_ptr<Receiver> receiver = waiting.front().lock();
      waiting.pop_front();
      --waiting_;
      if (receiver == nullptr) continue;
      ++used_;
      ++lane->second.used;
      last_ = lane->first;
      return receiver;
    }
    // Its last ones may have been gone.
    const bool unused = lanes_.size() > kKeptLanes && lane->second.used == 0 && waiting.empty();
    lane = unused ? lanes_.erase(lane) : std::next(lane);
  }
  return nullptr;
}

}  // namespace seedance::rpc
