#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_RECREATION_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_RECREATION_H_

#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/engine/assets/asset_dependencies.h"
#include "service/model/asset.h"

namespace seedance::engine {

// Brings EXPIRED assets back. An asset that is created again keeps its name and gets another `vendor_id`; each of its
// creations has a row in the journal (method `RecreateAsset`, request id `<name>#<number>`), so that it is sent at most
// once whatever happens. One in doubt is looked for at the vendor, and never followed by another, unless the asset was
// usable in between or a person says that it was not taken.
//
// Thread-safe.
class AssetRecreation {
 public:
  struct Options {
    int looks = 5;  // At a vendor that gives no answer, before that counts as one.
    base::Backoff backoff{absl::Seconds(2), absl::Seconds(30)};
  };

  AssetRecreation(const Options& options, const AssetDependencies& with);

  // Begins the looks that have to wait for a time. What was asked for before waits until then.
  void Start() { due_.Start(); }
  // Hands out no further looks; those under way end with the account's threads.
  void Stop() { due_.Stop(); }

  // Looks at the vendor, which may have the asset still; else creates it once from its source_uri. The outcome is
  // always a change of the asset that is published: ACTIVE, PROCESSING, FAILED, or EXPIRED with the reason in `error`.
  // Only the end of the process, or of the upstream's configuration, has none. Calls while one is under way join it.
  void Revive(const model::Asset& asset);

  // Creation `number` of the asset, whose answer was lost, has made what the vendor calls `vendor_id`. Taken over if
  // the asset is EXPIRED still.
  void Recreated(const model::Asset& asset, int number, const std::string& vendor_id) {
    TakeOver(asset, number, vendor_id, /*discard=*/false);
  }
  // A person says that the vendor did not take the creation that was in doubt: another one may be sent.
  void NotRecreated(const model::Asset& asset);

 private:
  struct Revival {
    model::UpstreamHandle handle;
    std::string tenant;
    int looks = 0;    // That the vendor did not answer.
    int put_off = 0;  // That were put off.
  };

  void OnDue(const std::string& name);
  // On the upstream's threads.
  void Look(const Revival& revival, VendorAccount& account);
  void LookAgain(const model::Asset& asset, const absl::Status& cause);
  void TakeBack(const model::Asset& asset, const upstream::AssetReport& report);
  void Recreate(const model::Asset& asset, VendorAccount& account);
  void Send(const model::Asset& asset, VendorAccount& account, model::JournalEntry call);
  // What creation `number` came to by the journal: the name that holds the vendor's new id.
  void Settle(const model::Asset& asset, int number, const absl::StatusOr<std::string>& answer, bool discard);
  // `discard`: what is not needed any more is deleted at the vendor.
  void TakeOver(const model::Asset& asset, int number, const std::string& vendor_id, bool discard);
  // Gives back what creation `number` of the asset has claimed.
  void ReleaseClaim(const model::Asset& asset, int number);
  void StayExpired(const model::Asset& asset, int recreations, const absl::Status& cause);
  // Deletes at the vendor what nobody needs any more.
  void Discard(const model::Asset& asset, const std::string& vendor_id, int tried = 1);
  static void Discarded(const model::Asset& asset, const std::string& vendor_id, const absl::Status& deleted);
  // Ends the revival with a change of the asset. One that the store does not take begins the revival anew.
  absl::StatusOr<model::Asset> EndWith(const model::Asset& asset, absl::FunctionRef<absl::Status(model::Asset&)> edit);
  void End(const std::string& name);
  void BeginAnew(const model::Asset& asset);

  const Options options_;
  store::AssetStore& store_;
  VendorAccounts& accounts_;
  Journal& journal_;
  AssetTracker& tracker_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::map<std::string, Revival> revivals_ ABSL_GUARDED_BY(mutex_);  // By name.
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_RECREATION_H_
