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

// Runs creations one after the other on the call pool, each when the previous one has its outcome. Filled and started
// by one thread. Keeps itself alive until the last one has ended.
class BatchLine : public std::enable_shared_from_this<BatchLine> {
 public:
  // Starts the creation. It may report a second outcome when it throws after `done`.
  using Create = absl::AnyInvocable<void(engine::Done<model::Asset> done)>;
  // Receives an outcome; the first of several counts.
  using Take = absl::AnyInvocable<void(const absl::StatusOr<model::Asset>& outcome)>;

  // `pool` must outlive it.
  BatchLine(CallPool& pool, std::string tenant) : pool_(pool), tenant_(std::move(tenant)) {}

  // Appends a creation. Allocates everything it needs, so that a started line finishes even without memory.
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

  // Starts. Once, after all Adds.
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
    // When it throws, the failure that follows is the outcome.
    steps_[at].take(outcome);
    if (steps_[at].over.exchange(true)) return;
    Run(at + 1);
  }

  CallPool& pool_;
  const std::string tenant_;
  std::deque<Step> steps_;  // Steps that have not run yet keep the line alive.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_BATCH_LINE_H_
