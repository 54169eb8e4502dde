#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_SHARD_PLAN_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_SHARD_PLAN_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "service/store/ownership.h"

namespace seedance::store::postgres {

// Who has which shard: the number of the replica, 0 for nobody.
using ShardOwners = std::array<int64_t, kShards>;

// What one replica gives and takes: shards and their next owners. `live` are the numbers of the replicas whose leases
// are good. `busy` cannot be given away just now.
//
// All are to have the same number of shards, give or take one; those with the least numbers have the one more. A
// replica takes what nobody live has, up to its part, and gives at most `most` of what it has above its part to those
// that have less. One that is not in `live` leaves: it gives all, busy or not, if anybody stays.
//
// Tests: tests/unit/store/postgres/shard_plan_test.cc
std::map<size_t, int64_t> PlanShards(int64_t me, const std::set<int64_t>& live, const ShardOwners& owners,
                                     const ShardSet& busy, int most);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_SHARD_PLAN_H_
