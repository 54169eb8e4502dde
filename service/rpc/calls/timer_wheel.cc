#include "service/rpc/calls/timer_wheel.h"

#include <algorithm>
#include <utility>

namespace seedance::rpc {
namespace {

// Beyond every clock, and without overflow in arithmetic on ticks.
constexpr int64_t kLastTick = INT64_MAX / 4;

// Whole ticks since 1970; earlier times count as 1970.
int64_t TicksBefore(absl::Time time) {
  if (time == absl::InfiniteFuture()) return kLastTick;
  return std::max<int64_t>(
      0, absl::ToInt64Milliseconds(time - absl::UnixEpoch()) / absl::ToInt64Milliseconds(TimerWheel::kTick));
}

absl::Time TimeOf(int64_t tick) { return absl::UnixEpoch() + tick * TimerWheel::kTick; }

// The first tick that is not before `due`.
int64_t TickFor(absl::Time due) {
  const int64_t tick = TicksBefore(due);
  return tick < kLastTick && TimeOf(tick) < due ? tick + 1 : tick;
}

}  // namespace

TimerWheel::TimerWheel(base::Clock& clock)
    : clock_(clock),
      cursor_(TicksBefore(clock.Now())),
      alarm_(clock, base::Timer::Alarm::Work::kQuick, [this] { OnTime(); }) {
  spokes_.fill(kNone);
}

TimerWheel::~TimerWheel() { Stop(); }

uint64_t TimerWheel::Add(absl::Time due, OnDue on_due) {
  base::MutexLock lock(mutex_);
  if (stopped_) return 0;
  uint32_t place = free_;
  if (place == kNone) {
    place = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_ = entries_[place].next;
  }
  ++used_;
  entries_[place].on_due = std::move(on_due);
  LinkLocked(place, due);
  return uint64_t{entries_[place].generation} << 32 | place;
}

void TimerWheel::Remove(uint64_t id) {
  OnDue dropped;  // Destroyed without the lock: it may hold the last reference to a stream.
  base::MutexLock lock(mutex_);
  const uint32_t place = FindLocked(id);
  if (place == kNone) return;
  Entry& entry = entries_[place];
  if (entry.state == Entry::State::kWaiting) {
    dropped = std::move(entry.on_due);
    UnlinkLocked(place);
    FreeLocked(place);
  } else {
    entry.state = Entry::State::kRemoved;
  }
}

void TimerWheel::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  alarm_.Stop();
  std::deque<Entry> dropped;
  base::MutexLock lock(mutex_);
  dropped.swap(entries_);
  used_ = 0;
  free_ = kNone;
  spokes_.fill(kNone);
}

size_t TimerWheel::size() {
  base::MutexLock lock(mutex_);
  return used_;
}

void TimerWheel::OnTime() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (stopped_) return;
      const int64_t now = TicksBefore(clock_.Now());
      const int64_t next = NextTickLocked();
      // Skip empty ticks; after a sleep of hours no spoke needs more than one visit.
      cursor_ = std::max({cursor_, std::min(next, now + 1), now + 1 - static_cast<int64_t>(kSpokes)});
      wake_ = next;
      if (next > now) {
        if (next < INT64_MAX) alarm_.Set(TimeOf(next));
        return;
      }
    }
    Turn();
  }
}

void TimerWheel::Turn() {
  {
    base::MutexLock lock(mutex_);
    for (uint32_t place = spokes_[cursor_ % kSpokes]; place != kNone;) {
      const uint32_t next = entries_[place].next;
      if (entries_[place].tick <= TicksBefore(clock_.Now())) {
        due_.push_back(uint64_t{entries_[place].generation} << 32 | place);
      }
      place = next;
    }
    ++cursor_;
  }
  // Lists are in reverse order of insertion.
  for (auto id = due_.rbegin(); id != due_.rend(); ++id) RunDue(*id);
  due_.clear();
}

void TimerWheel::RunDue(uint64_t id) {
  OnDue on_due;
  {
    base::MutexLock lock(mutex_);
    const uint32_t place = FindLocked(id);
    if (place == kNone) return;  // Removed by an earlier callback.
    UnlinkLocked(place);
    entries_[place].state = Entry::State::kRunning;
    on_due = std::move(entries_[place].on_due);
  }
  const absl::Time next = on_due();
  base::MutexLock lock(mutex_);
  const auto place = static_cast<uint32_t>(id);  // The place stays reserved while the callback runs.
  if (entries_[place].state == Entry::State::kRemoved || next == absl::InfiniteFuture()) return FreeLocked(place);
  entries_[place].on_due = std::move(on_due);
  LinkLocked(place, next);
}

int64_t TimerWheel::NextTickLocked() const {
  if (used_ == 0) return INT64_MAX;
  for (int64_t tick = cursor_; tick < cursor_ + static_cast<int64_t>(kSpokes); ++tick) {
    if (spokes_[tick % kSpokes] != kNone) return tick;
  }
  return INT64_MAX;
}

void TimerWheel::LinkLocked(uint32_t place, absl::Time due) {
  Entry& entry = entries_[place];
  entry.tick = std::max(cursor_, TickFor(due));
  entry.state = Entry::State::kWaiting;
  entry.previous = kNone;
  uint32_t& first = spokes_[entry.tick % kSpokes];
  entry.next = first;
  if (first != kNone) entries_[first].previous = place;
  first = place;
  // The spoke's next visit may be earlier than the entry's tick.
  const int64_t look = cursor_ + (entry.tick - cursor_) % static_cast<int64_t>(kSpokes);
  if (look < wake_) {
    wake_ = look;
    alarm_.Set(TimeOf(look));
  }
}

void TimerWheel::UnlinkLocked(uint32_t place) {
  const Entry& entry = entries_[place];
  (entry.previous == kNone ? spokes_[entry.tick % kSpokes] : entries_[entry.previous].next) = entry.next;
  if (entry.next != kNone) entries_[entry.next].previous = entry.previous;
}

void TimerWheel::FreeLocked(uint32_t place) {
  Entry& entry = entries_[place];
  ++entry.generation;
  entry.state = Entry::State::kFree;
  entry.next = free_;
  free_ = place;
  --used_;
}

uint32_t TimerWheel::FindLocked(uint64_t id) const {
  const auto place = static_cast<uint32_t>(id);
  if (place >= entries_.size()) return kNone;
  const Entry& entry = entries_[place];
  const bool valid = entry.generation == static_cast<uint32_t>(id >> 32) &&
                     (entry.state == Entry::State::kWaiting || entry.state == Entry::State::kRunning);
  return valid ? place : kNone;
}

}  // namespace seedance::rpc
