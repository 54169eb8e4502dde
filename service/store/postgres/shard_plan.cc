#include "service/store/postgres/shard_plan.h"

#include <algorithm>

namespace seedance::store::postgres {
namespace {

// How many shards each replica lacks; negative: it has too many.
std::map<int64_t, int> Lacks(const std::set<int64_t>& live, const ShardOwners& owners) {
  std::map<int64_t, int> lacks;
  size_t place = 0;
  for (const int64_t number : live) {
    lacks[number] = static_cast<int>(kShards / live.size() + (place++ < kShards % live.size() ? 1 : 0));
  }
  for (const int64_t owner : owners) {
    if (const auto has = lacks.find(owner); has != lacks.end()) --has->second;
  }
  return lacks;
}

std::map<int64_t, int>::iterator Neediest(std::map<int64_t, int>& lacks) {
  return std::max_element(lacks.begin(), lacks.end(),
                          [](const auto& one, const auto& other) { return one.second < other.second; });
}

}  // namespace

std::map<size_t, int64_t> PlanShards(int64_t me, const std::set<int64_t>& live, const ShardOwners& owners,
                                     const ShardSet& busy, int most) {
  std::map<size_t, int64_t> moves;
  std::map<int64_t, int> lacks = Lacks(live, owners);
  if (lacks.empty()) return moves;
  const auto mine = lacks.find(me);
  const bool leaves = mine == lacks.end();
  for (size_t shard = 0; shard < kShards; ++shard) {
    const int64_t owner = owners[shard];
    const auto next = Neediest(lacks);
    if (owner == me && leaves) {
      --next->second;
      moves[shard] = next->first;
    } else if (owner == me && mine->second < 0 && next->second > 0 && most > 0 && !busy.test(shard)) {
      ++mine->second;
      --next->second;
      --most;
      moves[shard] = next->first;
    } else if (!leaves && mine->second > 0 && live.count(owner) == 0) {
      --mine->second;
      moves[shard] = me;
    }
  }
  return moves;
}

}  // namespace seedance::store::postgres
