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

// Deadlines of many calls that share a few values of patience. For each value a list through the calls themselves:
// adding and removing take constant time and no memory. Thread-safe.
class DeadlineQueue {
  struct List;

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
    // Keeps the item alive while the result lives; null: it is about to be destroyed. Called with the queue locked:
    // must not block nor use the queue.
    virtual std::shared_ptr<void> Hold() = 0;
    // Called once, without a lock, when the deadline has passed; the item is in the queue no more. It may run although
    // Remove came meanwhile.
    virtual void OnOverdue() = 0;

    List* list_ = nullptr;  // Null: not in the queue. Guarded by the queue's mutex, as are the others.
    Item* next_ = nullptr;
    Item* prev_ = nullptr;
    absl::Time due_;
  };

  explicit DeadlineQueue(base::Clock& clock) : clock_(clock) {}

  // `patience`: one of a few values, for a value is never forgotten. An item that is in the queue gets a new deadline.
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

  // Does nothing when it is not in the queue.
  void Remove(Item& item) {
    base::MutexLock lock(mutex_);
    if (item.list_ != nullptr) UnlinkLocked(item);
  }

  // Tells those whose deadline has passed. Call it from time to time, from one thread.
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
    // Not under the mutex: what ends a call may destroy others, which remove themselves.
    for (auto& [held, item] : overdue) {
      item->OnOverdue();
      held.reset();
    }
  }

 private:
  struct List {
    Item* first = nullptr;
    Item* last = nullptr;
  };

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
