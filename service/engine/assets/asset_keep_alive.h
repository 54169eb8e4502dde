#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_KEEP_ALIVE_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_KEEP_ALIVE_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/engine/assets/asset_tracker.h"
#include "service/engine/assets/asset_waits.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/model/asset.h"
#include "service/store/store.h"

namespace seedance::engine {

// Keeps assets alive at vendors that drop what is not used for some time: uses those that an open task needs shortly
// before they would be dropped, and lets the others become EXPIRED. AssetRecreation brings them back.
//
// Thread-safe.
class AssetKeepAlive {
 public:
  struct Options {
    absl::Duration pause = absl::Minutes(1);  // Between looks at the vendor, at least; shorter for a short idle TTL.
  };

  // `in_use`: whether an open task refers to the asset of this name; called on the account's threads. The others
  // outlive this.
  AssetKeepAlive(const Options& options, store::Store& store, VendorAccounts& accounts, AssetTracker& tracker,
                 std::function<bool(const std::string& asset_name)> in_use, base::Clock& clock);

  // Takes up all ACTIVE assets of the store that have an expire_time. Call it when `in_use` knows the open tasks. What
  // Used and Track are asked before is done.
  absl::Status Start();
  // Hands out no further looks; those under way end with the account's threads.
  void Stop();

  // Follows an ACTIVE asset that has an expire_time; again after each change of that. Others are ignored.
  void Track(const model::Asset& asset);

  // The vendor accepted a task with the asset, or a task begins to wait for others and needs this one too. Writes
  // last_used_time, and counts what was accepted. Where the vendor counts idle time, it is also read there if its last
  // use at the vendor is not a recent one: a task that only waits here uses nothing there.
  void Used(const model::Asset& asset, AssetUse use);

 private:
  struct Kept {
    model::UpstreamHandle handle;
    std::string tenant;
    absl::Time looked = absl::InfinitePast();  // At the vendor.
  };

  void OnDue(const std::string& name);
  // On the upstream's threads. Decides what the asset needs now.
  void Look(const Kept& kept, VendorAccount& account);
  // Reads the asset at the vendor, which is a use.
  void Touch(const model::Asset& asset, VendorAccount& account);
  void Expire(const model::Asset& asset);
  // Whether nobody looked for a pause; then this look is noted.
  bool MayLook(const model::Asset& asset, const VendorAccount& account);
  absl::Duration PauseAt(const VendorAccount& account) const;
  void Forget(const std::string& name);

  const Options options_;
  store::Store& store_;
  VendorAccounts& accounts_;
  AssetTracker& tracker_;
  const std::function<bool(const std::string&)> in_use_;
  base::Clock& clock_;
  base::Mutex mutex_;
  std::map<std::string, Kept> kept_ ABSL_GUARDED_BY(mutex_);  // By name.
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_KEEP_ALIVE_H_
