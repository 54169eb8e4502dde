#ifndef SEEDANCE_SERVICE_RPC_ASSET_BATCH_H_
#define SEEDANCE_SERVICE_RPC_ASSET_BATCH_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "service/base/mutex.h"
#include "service/model/asset.h"
#include "service/rpc/convert/convert_asset.h"

namespace seedance::rpc {

// The outcomes of a batch of creates, which come in any order and from any thread. Thread-safe.
class AssetBatch {
 public:
  using Response = gateway::v1::BatchCreateAssetsResponse;
  // Runs once, when there is an outcome for each index, in the Take of the last one, without a lock.
  using Done = absl::AnyInvocable<void(Response& response)>;

  // `size`: at least 1.
  AssetBatch(size_t size, Done done) : done_(std::move(done)), missing_(size), taken_(size) {
    for (size_t i = 0; i < size; ++i) response_.add_results();
  }

  // The first outcome of an index counts: work that throws after it had answered reports a second one.
  void Take(size_t index, const absl::StatusOr<model::Asset>& outcome) {
    {
      base::MutexLock lock(mutex_);
      if (taken_[index]) return;
      Response::Result* result = response_.mutable_results(static_cast<int>(index));
      if (outcome.ok()) {
        ToProto(*outcome, result->mutable_asset());
      } else {
        ToProto(outcome.status(), result->mutable_failure());
      }
      // Not before: when this throws, the outcome is the failure that follows.
      taken_[index] = true;
      if (--missing_ > 0) return;
    }
    // Nobody else writes into it any more.
    Response response;
    {
      base::MutexLock lock(mutex_);
      response.Swap(&response_);
    }
    done_(response);
  }

 private:
  Done done_;
  base::Mutex mutex_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> taken_ ABSL_GUARDED_BY(mutex_);
  Response response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_ASSET_BATCH_H_
