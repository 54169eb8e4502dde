#include "service/store/ownership.h"

#include <cstdint>

namespace seedance::store {

// FNV-1a: it must give the same numbers in every release and on every machine.
size_t ShardOf(const std::string& id) {
  uint32_t hash = 2166136261u;
  for (const char letter : id) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  return hash % kShards;
}

size_t PlacesOf(const ShardSet& shards, size_t places) {
  // The first place of a shard, or of one behind it.
  const auto first = [places](size_t shard) { return (shard * places + kShards - 1) / kShards; };
  size_t count = 0;
  for (size_t shard = 0; shard < kShards; ++shard) {
    if (shards.test(shard)) count += first(shard + 1) - first(shard);
  }
  return count;
}

}  // namespace seedance::store
