#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_FAIR_QUEUE_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_FAIR_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace seedance::engine {

// What waits for its turn. Tenants that have something here take turns, however much each has; of a tenant the one that
// has been due longest is next. A value without lock; every method takes O(log n).
template <typename Payload>
class FairQueue {
 public:
  struct Item {
    std::string tenant;
    std::string key;
    absl::Time due;
    Payload payload;
  };

  // Puts an item in; one that waits under the same key is replaced, and keeps the earlier of both times.
  void Add(Item item) {
    const auto known = items_.find(item.key);
    if (known != items_.end()) {
      item.due = std::min(item.due, known->second.due);
      Remove(std::string(item.key));
    }
    std::set<Place>& places = tenants_[item.tenant];
    if (places.empty() && in_ring_.insert(item.tenant).second) ring_.push_back(item.tenant);
    places.insert({item.due, item.key});
    std::string key = item.key;
    items_.insert_or_assign(std::move(key), std::move(item));
  }

  // Takes an item out. False: there is none.
  bool Remove(const std::string& key) { return Take(key).has_value(); }

  // The same, and gives it back.
  std::optional<Item> Take(const std::string& key) {
    const auto found = items_.find(key);
    if (found == items_.end()) return std::nullopt;
    Forget(found->second);
    Item item = std::move(found->second);
    items_.erase(found);
    return item;
  }

  // Brings an item before all others of its tenant that have not been brought forward so. False: there is none.
  bool Hasten(const std::string& key, absl::Time due) {
    const auto found = items_.find(key);
    if (found == items_.end()) return false;
    if (due >= found->second.due) return true;
    std::set<Place>& places = tenants_[found->second.tenant];
    places.erase({found->second.due, key});
    found->second.due = due;
    places.insert({due, key});
    return true;
  }

  // Takes out the item whose turn it is.
  std::optional<Item> Next() {
    return Next([](const std::string&) { return true; });
  }

  // The same among the tenants of which `may(tenant)` is true; the others keep their turns. O(tenants).
  template <typename May>
  std::optional<Item> Next(May may) {
    for (size_t place = 0; place < ring_.size();) {
      const auto places = tenants_.find(ring_[place]);
      if (places != tenants_.end() && !may(ring_[place])) {
        ++place;
        continue;
      }
      std::string tenant = std::move(ring_[place]);
      ring_.erase(ring_.begin() + static_cast<std::ptrdiff_t>(place));
      if (places == tenants_.end()) {
        in_ring_.erase(tenant);
        continue;
      }
      const auto found = items_.find(places->second.begin()->second);
      Item item = std::move(found->second);
      items_.erase(found);
      places->second.erase(places->second.begin());
      if (places->second.empty()) {
        tenants_.erase(places);
        in_ring_.erase(tenant);
      } else {
        ring_.push_back(std::move(tenant));
      }
      return item;
    }
    return std::nullopt;
  }

  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }

  // How many items have their turn before the one under the key, give or take one per tenant; nullopt: there is none.
  // O(tenants), and in the number of its tenant's items that are due later.
  std::optional<size_t> Before(const std::string& key) const {
    const auto found = items_.find(key);
    if (found == items_.end()) return std::nullopt;
    const std::set<Place>& places = tenants_.at(found->second.tenant);
    const auto later = std::distance(places.find({found->second.due, key}), places.end());
    return BeforeIndex(places.size() - static_cast<size_t>(later));
  }

  // Shows every key with the number of Before. O(n * tenants).
  template <typename Visit>
  void VisitAll(Visit visit) const {
    for (const auto& [tenant, places] : tenants_) {
      size_t index = 0;
      for (const auto& [due, key] : places) visit(key, BeforeIndex(index++));
    }
  }

 private:
  using Place = std::pair<absl::Time, std::string>;  // When it is due, and its key.

  // Of an item before which `index` of its own tenant are due: every tenant has as many turns meanwhile, if it has
  // items.
  size_t BeforeIndex(size_t index) const {
    size_t before = 0;
    for (const auto& [tenant, places] : tenants_) before += std::min(places.size(), index + 1);
    return before - 1;
  }

  void Forget(const Item& item) {
    const auto places = tenants_.find(item.tenant);
    places->second.erase({item.due, item.key});
    // Its place in the ring goes when its turn comes.
    if (places->second.empty()) tenants_.erase(places);
  }

  std::unordered_map<std::string, Item> items_;     // By key.
  std::map<std::string, std::set<Place>> tenants_;  // Those that have something.
  std::deque<std::string> ring_;  // In the order of their turns; may hold some that have nothing any more.
  std::set<std::string> in_ring_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_FAIR_QUEUE_H_
