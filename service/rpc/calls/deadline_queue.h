#ifndef SEEDANCE_SERVICE_RPC_CALLS_DEADLINE_QUEUE_H_
#define SEEDANCE_SERVICE_RPC_CALLS_DEADLINE_QUEUE_H_

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// Deadlines of many calls that share a few time-outs. One intrusive list per time-out: adding and removing take
// constant time and no memory. Thread-safe.
class DeadlineQueue {
  struct List;

 public:
  // Base of what has a deadline. In one queue at a time; must be removed before it is destroyed.
  class Item {
   public:
    Item() = default;
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;

   protected:
    virtual ~Item() = default;

   private:
    friend class DeadlineQueue;
    // Returns a reference that keeps the item alive; null: it is being destroyed. Called with the queue locked: must
    // not block nor use the queue.
    virtual std::shared_ptr<void> Hold() = 0;
    // Called once, without a lock, after the deadline; the item is no longer in the queue. May run even if Remove was
    // called meanwhile.
    virtual void OnOverdue() = 0;

    List* list_ = nullptr;  // Null: not in the queue. Guarded by the queue's mutex, like the members below.
    Item* next_ = nullptr;
    Item* prev_ = nullptr;
    absl::Time due_;
  };

  // `clock` must outlive the queue.
  explicit DeadlineQueue(base::Clock& clock) : clock_(clock) {}

  // `patience`: one of a few values, because each is kept for ever. Replaces the deadline of an item in the queue.
  void Add(Item& item, absl::Duration patience) {
    const absl::Time due = clock_.Now() + patience;
    base::MutexLock lock(mutex_);
    List& list = lists_[patience];
    if (item.list_ != nullptr) UnlinkLocked(item);
    item.due_ = due;
    item.list_ = &list;
    item.next_ = nullptr;
    item.prev_ = std::exchange(list.last, &item);
    (item.prev_ == nullptr ? list.first : item.prev_->next_) = &item;
  }

  // No effect when the item is not in the queue.
  void Remove(Item& item) {
    base::MutexLock lock(mutex_);
    if (item.list_ != nullptr) UnlinkLocked(item);
  }

  // Calls OnOverdue of items whose deadline has passed. Call it periodically, from one thread.
  void Sweep() {
    const absl::Time now = clock_.Now();
    std::vector<std::pair<std::shared_ptr<void>, Item*>> overdue;
    {
      base::MutexLock lock(mutex_);
      for (auto& [patience, list] : lists_) {
        while (list.first != nullptr && list.first->due_ <= now) {
          Item& item = *list.first;
          UnlinkLocked(item);
          if (auto held = item.Hold(); held != nullptr) overdue.emplace_back(std::move(held), &item);
        }
      }
    }
    // Not under the mutex: ending a call may destroy others, which remove themselves.
    for (auto& [held, item] : overdue) {
      item->OnOverdue();
      held.reset();
    }
  }

 private:
  // Items of one time-out, in the order of their deadlines.
  struct List {
    Item* first = nullptr;
    Item* last = nullptr;
  };

  // Takes the item out of its list.
  void UnlinkLocked(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    (item.prev_ == nullptr ? item.list_->first : item.prev_->next_) = item.next_;
    (item.next_ == nullptr ? item.list_->last : item.next_->prev_) = item.prev_;
    item.list_ = nullptr;
  }

  base::Clock& clock_;
  base::Mutex mutex_;
  std::map<absl::Duration, List> lists_ ABSL_GUARDED_BY(mutex_);  // By patience, each in the order of the deadlines.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_DEADLINE_QUEUE_H_
