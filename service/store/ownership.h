#ifndef SEEDANCE_SERVICE_STORE_OWNERSHIP_H_
#define SEEDANCE_SERVICE_STORE_OWNERSHIP_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace seedance::store {

// Every task and asset belongs to a shard by its name, for ever.
inline constexpr size_t kShards = 128;
using ShardSet = std::bitset<kShards>;

// Of the id of a task, or of the text of another resource's name.
size_t ShardOf(const std::string& id);
// How many of so many places belong to the shards: place i to shard i * kShards / places.
size_t PlacesOf(const ShardSet& shards, size_t places);

// A fact for a short time that processes which share a store tell each other, such as a vendor's wish for a rest.
struct Notice {
  std::string key;  // What it is about; a newer notice replaces an older one.
  std::string text;
  absl::Time until;      // By the clock of the host that tells it. Then it may be forgotten.
  int64_t revision = 0;  // Set by the store.
};

// One of the processes that share a store.
struct ReplicaInfo {
  int64_t number = 0;
  std::string name;
  absl::Duration lease_left;  // By the store's clock.
  int64_t shards = 0;
  bool self = false;  // The one that says so.
};

// Which work of the store is this process's. Several processes may share a store; each shard belongs to one of them at
// a time, and only that one submits and polls the tasks of the shard and polls its assets. Any process may read
// everything, and write what is not such work. Thread-safe.
class Ownership {
 public:
  virtual ~Ownership() = default;

  // Whether the shard is this process's just now. False also while the process cannot tell, for it may have been
  // replaced. Never blocks.
  virtual bool Owns(size_t shard) = 0;
  bool OwnsId(const std::string& id) { return Owns(ShardOf(id)); }
  // Of so many places that all processes share, for example at a vendor: how many are this process's just now, by its
  // shards. Each place is one process's at a time. Never blocks.
  virtual size_t PartOf(size_t places) = 0;
  // This process's number as a sender of billed requests (model::JournalEntry::sender); 0 also while it has none.
  virtual int64_t number() = 0;
  // Whether this process does what is to be done once for the whole store, such as removing what is old.
  bool Leads() { return Owns(0); }

  // Whether other processes may share the store.
  virtual bool shared() = 0;
  // Tells the others, in one transaction; a store of one process forgets it at once. Blocks. base::StoreUnavailable.
  virtual absl::Status Post(const std::vector<Notice>& notices) = 0;
  // What others have told after revision `after`, by ascending revision, and up to which revision was read. Blocks.
  // base::StoreUnavailable.
  struct Posted {
    std::vector<Notice> notices;
    int64_t revision = 0;
  };
  virtual absl::StatusOr<Posted> ReadPosted(int64_t after) = 0;

  // All processes that share the store, by number; empty for a store of one process. Blocks. base::StoreUnavailable.
  virtual absl::StatusOr<std::vector<ReplicaInfo>> ListReplicas() = 0;

  // Learns of shards that came and went. One call at a time, under no lock; it may use the store.
  struct Listener {
    // The work of these is this process's from now on; what another process had begun when it went away is unknown.
    // `shards` is empty when only that is to be seen to. After an error it is called again in a second.
    absl::AnyInvocable<absl::Status(const ShardSet& shards)> on_gain;
    // That of these is not any more: it has to be forgotten, and nothing more of it can be written.
    absl::AnyInvocable<void(const ShardSet& shards)> on_loss;
    // Another process may have written (Store::ListChanges, ReadPosted). Must not block, and may be called at the same
    // time as the others.
    absl::AnyInvocable<void()> on_write;
  };
  // From now on calls come, for a store of one process before this returns, with the error of `on_gain`. Once.
  virtual absl::Status Start(Listener listener) = 0;
  // No call runs or follows. What is owned is given to other processes at once.
  virtual void Stop() = 0;
};

// Of a store that only one process uses.
class OwnsAll final : public Ownership {
 public:
  bool Owns(size_t) override { return true; }
  size_t PartOf(size_t places) override { return places; }
  int64_t number() override { return 0; }
  bool shared() override { return false; }
  absl::Status Post(const std::vector<Notice>&) override { return absl::OkStatus(); }
  absl::StatusOr<Posted> ReadPosted(int64_t after) override { return Posted{{}, after}; }
  absl::StatusOr<std::vector<ReplicaInfo>> ListReplicas() override { return std::vector<ReplicaInfo>(); }
  absl::Status Start(Listener listener) override { return listener.on_gain(ShardSet().set()); }
  void Stop() override {}
};

}  // namespace seedance::store

#endif  // SEEDANCE_SERVICE_STORE_OWNERSHIP_H_
