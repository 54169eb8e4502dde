#include "service/store/ownership.h"

#include <cstdint>

namespace seedance::store {

// FNV-1a: it must give the same numbers in every release and on every machine.
int ShardOf(const std::string& id) {
  uint32_t hash = 2166136261u;
  for (const char letter : id) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  return static_cast<int>(hash % kShards);
}

}  // namespace seedance::store
