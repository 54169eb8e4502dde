#include "service/rpc/calls/receive_gate.h"

#include <algorithm>
#include <iterator>

namespace seedance::rpc {
namespace {

// Keeping a few lanes is cheaper than creating one per call.
constexpr size_t kKeptLanes = 64;

}  // namespace

bool ReceiveGate::HasPlaceLocked(const Lane& lane) const {
  return used_ < places_ && lane.used < std::max<size_t>(1, places_ / 2);
}

bool ReceiveGate::Enter(const std::string& tenant, const std::shared_ptr<Receiver>& receiver) {
  std::shared_ptr<Receiver> pushed_out;
  {
    base::MutexLock lock(mutex_);
    Lane& lane = lanes_[tenant];
    if (lane.waiting.empty() && HasPlaceLocked(lane)) {
      ++used_;
      ++lane.used;
      return true;
    }
    if (waiting_ >= max_waiting_) pushed_out = PushOutLocked();
    lane.waiting.push_back(receiver);
    ++waiting_;
  }
  if (pushed_out != nullptr) pushed_out->OnPushedOut();
  return false;
}

std::shared_ptr<ReceiveGate::Receiver> ReceiveGate::PushOutLocked() {
  auto& waiting = std::max_element(lanes_.begin(), lanes_.end(), [](const auto& left, const auto& right) {
                    return left.second.waiting.size() < right.second.waiting.size();
                  })->second.waiting;
  std::shared_ptr<Receiver> oldest = waiting.front().lock();
  waiting.pop_front();
  --waiting_;
  return oldest;
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
      const bool newest = order_ == Order::kNewestFirst;
      std::shared_ptr<Receiver> receiver = (newest ? waiting.back() : waiting.front()).lock();
      newest ? waiting.pop_back() : waiting.pop_front();
      --waiting_;
      if (receiver == nullptr) continue;
      ++used_;
      ++lane->second.used;
      last_ = lane->first;
      return receiver;
    }
    // Its last receivers may be destroyed.
    const bool unused = lanes_.size() > kKeptLanes && lane->second.used == 0 && waiting.empty();
    lane = unused ? lanes_.erase(lane) : std::next(lane);
  }
  return nullptr;
}

}  // namespace seedance::rpc
