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

// Collects the outcomes of a batch of creates, in any order, from any thread. Thread-safe.
class AssetBatch {
 public:
  using Response = gateway::v1::BatchCreateAssetsResponse;
  // Called once, when every index has an outcome, in the last Take, without a lock.
  using Done = absl::AnyInvocable<void(Response& response)>;

  // `size`: at least 1.
  AssetBatch(size_t size, Done done) : done_(std::move(done)), missing_(size), taken_(size) {
    for (size_t i = 0; i < size; ++i) response_.add_results();
  }

  // Sets the outcome of an index; the first one counts: work that throws after it answered reports a second one.
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
      // Set last: when this throws, the failure that follows is the outcome.
      taken_[index] = true;
      if (--missing_ > 0) return;
    }
    // All outcomes are in: no other thread writes.
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
