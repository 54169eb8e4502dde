#ifndef SEEDANCE_SERVICE_RPC_DEADLINE_QUEUE_H_
#define SEEDANCE_SERVICE_RPC_DEADLINE_QUEUE_H_

#include <cstddef>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// Deadlines of many calls, all with about the same patience. A list through the calls themselves in the order of their
// deadlines: adding and removing take constant time and no memory. Thread-safe.
class DeadlineQueue {
 public:
  // In one queue at a time; removed before it is destroyed.
  class Item {
   public:
    Item() = default;
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;

   protected:
    virtual ~Item() = default;

   private:
    friend class DeadlineQueue;
    // Called once, when the deadline has passed; the item is in the queue no more. Must not block nor use the queue,
    // which is locked, so that the item cannot be destroyed meanwhile.
    virtual void OnOverdue() = 0;

    Item* next_ = nullptr;  // Guarded by the queue's mutex, as are the others.
    Item* prev_ = nullptr;
    absl::Time due_;
    bool queued_ = false;
  };

  explicit DeadlineQueue(base::Clock& clock) : clock_(clock) {}

  void Add(Item& item, absl::Duration patience) {
    const absl::Time due = clock_.Now() + patience;
    base::MutexLock lock(mutex_);
    Item* after = last_;
    while (after != nullptr && after->due_ > due) after = after->prev_;
    item.due_ = due;
    item.queued_ = true;
    item.prev_ = after;
    item.next_ = after == nullptr ? first_ : after->next_;
    (after == nullptr ? first_ : after->next_) = &item;
    (item.next_ == nullptr ? last_ : item.next_->prev_) = &item;
  }

  // Does nothing when it is not in the queue. Its OnOverdue does not run when this returns.
  void Remove(Item& item) {
    base::MutexLock lock(mutex_);
    if (item.queued_) UnlinkLocked(item);
  }

  // Tells those whose deadline has passed. Call it from time to time.
  void Sweep() {
    const absl::Time now = clock_.Now();
    base::MutexLock lock(mutex_);
    while (first_ != nullptr && first_->due_ <= now) {
      Item& item = *first_;
      UnlinkLocked(item);
      item.OnOverdue();
    }
  }

 private:
  void UnlinkLocked(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    (item.prev_ == nullptr ? first_ : item.prev_->next_) = item.next_;
    (item.next_ == nullptr ? last_ : item.next_->prev_) = item.prev_;
    item.queued_ = false;
  }

  base::Clock& clock_;
  base::Mutex mutex_;  // Taken before the mutexes of the items.
  Item* first_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Item* last_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_DEADLINE_QUEUE_H_
