#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_TRACKER_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_TRACKER_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/watch/watch_hub.h"
#include "service/model/asset.h"
#include "service/store/asset_store.h"
#include "service/store/ownership.h"

namespace seedance::engine {

// Told what the AssetTracker finds out, on the thread that found it and under no lock. Thread-safe.
class AssetObserver {
 public:
  virtual ~AssetObserver() = default;

  // The vendor shows the asset as ACTIVE, whether that is news or not. May block on the store.
  virtual void OnActive(const model::Asset& asset) = 0;
  // The asset is ACTIVE and has an expire_time that is new or has changed. Must not block.
  virtual void OnExpiring(const model::Asset& asset) = 0;
};

// Follows every PROCESSING asset at its vendor until it is settled: one poll loop per asset whatever the number of
// watchers, in turns with the polls of tasks, resumed after a restart; of several processes that share a store each
// follows those of its shards. Writes each change to the store and publishes
// it. Thread-safe.
class AssetTracker {
 public:
  struct Options {
    absl::Duration poll_interval = absl::Seconds(3);
    // An asset that the vendor does not know this often in a row, over this time, becomes EXPIRED.
    NotFoundPatience lost{5, absl::Minutes(2)};
    absl::Duration deadline = absl::Hours(24);  // From its creation; then it becomes FAILED.
  };

  // All outlive the tracker.
  struct Dependencies {
    store::AssetStore& store;
    store::Ownership& ownership;
    VendorAccounts& accounts;
    WatchHub<model::Asset>& hub;
    AssetObserver& observer;  // Not called before Start or the first call of another method.
    base::Clock& clock;
    base::Random& random;
  };

  AssetTracker(const Options& options, const Dependencies& with);

  void Start();
  // Hands out no further polls. Polls under way go on, and end with the account's threads.
  void Stop();

  // Takes up the PROCESSING assets of shards that are this process's from now on. Errors of the store.
  absl::Status TakeUp(const store::ShardSet& shards);
  // Forgets the assets of shards that are another process's now.
  void Drop(const store::ShardSet& shards);

  // Follows an asset that is new or was created again, if its shard was taken up; whose it is learns of it from the
  // store. One that is not PROCESSING is only told to the observer.
  void Track(const model::Asset& asset);

  // Another process has written the asset.
  void OnForeignChange(const model::Asset& asset);

  // Writes what the vendor says of an asset to the store, if it is news, and publishes it. Returns the asset as it is
  // now. For polls, reads through and lists, all of which count as a use. A report about another id than the asset's
  // present one at the vendor is ignored. NOT_FOUND: the store has no such asset.
  absl::StatusOr<model::Asset> Apply(const model::UpstreamHandle& handle, const upstream::AssetReport& report);

  // Edits an asset in one transaction, then publishes and logs it; update_time is set here. An error of `edit` is
  // returned, and nothing is written then. `edit` must not call the store. NOT_FOUND: the store
  // has no such asset.
  absl::StatusOr<model::Asset> Change(const model::UpstreamHandle& handle,
                                      absl::FunctionRef<absl::Status(model::Asset&)> edit);

 private:
  struct Tracked {
    model::UpstreamHandle handle;
    std::string tenant;
    std::string upstream_id;
    absl::Time since;  // Its creation, the last one of several.
    NotFoundStreak unknown;
  };

  void OnDue(const std::string& name);
  // What the asset's upstream says of assets; the defaults when it is not configured.
  model::AssetProfile ProfileOf(const model::Asset& asset);
  void TellExpiring(const model::Asset& asset);
  void Poll(const Tracked& tracked, VendorAccount& account, RequestSlot& slot);
  // Who writes. kOwner: a poll, which is ABORTED when another process has the asset.
  enum class By { kOwner, kAnybody };
  absl::StatusOr<model::Asset> ApplyBy(By by, const model::UpstreamHandle& handle, const upstream::AssetReport& report);
  absl::StatusOr<model::Asset> ChangeBy(By by, const model::UpstreamHandle& handle,
                                        absl::FunctionRef<absl::Status(model::Asset&)> edit);
  // ApplyBy, but for AssetObserver::OnActive.
  absl::StatusOr<model::Asset> WriteReport(By by, const model::UpstreamHandle& handle,
                                           const upstream::AssetReport& report);
  // How the vendor's "no such asset" counts. True: it is gone for good.
  bool CountNotFound(const std::string& name, bool not_found, int64_t outage_epoch);
  void EndBadly(const Tracked& tracked, model::AssetState state, base::Reason reason, const std::string& message);
  void ScheduleNext(const Tracked& tracked, absl::Duration at_least);
  void Forget(const Tracked& tracked);

  const Options options_;
  store::AssetStore& store_;
  store::Ownership& ownership_;
  VendorAccounts& accounts_;
  WatchHub<model::Asset>& hub_;
  AssetObserver& observer_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::map<std::string, Tracked> tracked_ ABSL_GUARDED_BY(mutex_);  // By name.
  store::ShardSet taken_up_ ABSL_GUARDED_BY(mutex_);
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_TRACKER_H_
