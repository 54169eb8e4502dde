#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_SINGLE_FLIGHT_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_SINGLE_FLIGHT_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/base/mutex.h"
#include "service/model/asset.h"

namespace seedance::engine {

// Creations of this process that reuse content: of those with the same bytes for the same group one goes on, the others
// wait for what it comes to. Thread-safe.
class SingleFlight {
 public:
  // Name of the group and SHA-256 of the bytes.
  using Key = std::pair<std::string, std::string>;
  using Follower = absl::AnyInvocable<void(const absl::StatusOr<model::Asset>&)>;

  // True: nobody else is under way; the caller goes on, and must call End exactly once. False: `follower` will be
  // called with what the one under way came to, on its thread; it must not block.
  bool Lead(const Key& key, Follower follower);

  // Ends the flight of a leader and calls its followers, one after the other, under no lock. The next Lead of the key
  // leads again, also if a follower calls it.
  void End(const Key& key, const absl::StatusOr<model::Asset>& outcome);

  // Creations that wait.
  size_t waiting();

 private:
  base::Mutex mutex_;
  std::map<Key, std::vector<Follower>> flights_ ABSL_GUARDED_BY(mutex_);
};

// What a creation does that followed another one which failed with `status`.
enum class FollowUp {
  kTryItself,  // The failure was the other's own: its caller, its name, its request.
  kShare,      // It would meet the same: the vendor said so about these bytes, this group or this account.
  kGiveUp,     // The other's outcome is in doubt, and another call might make a second asset.
};
FollowUp AfterFailure(const absl::Status& status);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_SINGLE_FLIGHT_H_
