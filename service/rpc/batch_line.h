#ifndef SEEDANCE_SERVICE_RPC_BATCH_LINE_H_
#define SEEDANCE_SERVICE_RPC_BATCH_LINE_H_

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/engine/dispatch/call_context.h"
#include "service/model/asset.h"
#include "service/rpc/calls/call_pool.h"

namespace seedance::rpc {

// Creations that run one after the other on the call pool, each when the one before it has its outcome. Filled and
// begun by one thread. It keeps itself alive until the last one is over.
class BatchLine : public std::enable_shared_from_this<BatchLine> {
 public:
  // Begins the creation. A second outcome, after that of `done`, may come when it throws.
  using Create = absl::AnyInvocable<void(engine::Done<model::Asset> done)>;
  // Receives the outcome; of several the first one counts.
  using Take = absl::AnyInvocable<void(const absl::StatusOr<model::Asset>& outcome)>;

  // Outlives this: pool.
  BatchLine(CallPool& pool, std::string tenant) : pool_(pool), tenant_(std::move(tenant)) {}

  // Everything is allocated here: once begun, the line reaches its end whatever memory there is.
  void Add(Create create, Take take) {
    const size_t at = steps_.size();
    Step& step = steps_.emplace_back();
    step.create = std::move(create);
    step.take = std::move(take);
    step.work = [self = shared_from_this(), at] {
      self->steps_[at].create([self, at](const absl::StatusOr<model::Asset>& outcome) { self->End(at, outcome); });
    };
    step.failed = [self = shared_from_this(), at](const absl::Status& failure) { self->End(at, failure); };
  }

  // Once, when all are added.
  void Begin() { Run(0); }

 private:
  struct Step {
    Create create;
    Take take;
    CallPool::Work work;
    CallPool::OnFailed failed;
    std::atomic<bool> over{false};
  };

  void Run(size_t at) {
    if (at < steps_.size()) pool_.Run(tenant_, std::move(steps_[at].work), std::move(steps_[at].failed));
  }

  void End(size_t at, const absl::StatusOr<model::Asset>& outcome) {
    // When it throws, the outcome is the failure that follows.
    steps_[at].take(outcome);
    if (steps_[at].over.exchange(true)) return;
    Run(at + 1);
  }

  CallPool& pool_;
  const std::string tenant_;
  std::deque<Step> steps_;  // What has not run yet keeps the line alive.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_BATCH_LINE_H_
