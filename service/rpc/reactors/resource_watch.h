#ifndef SEEDANCE_SERVICE_RPC_REACTORS_RESOURCE_WATCH_H_
#define SEEDANCE_SERVICE_RPC_REACTORS_RESOURCE_WATCH_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/engine/watch/watch_hub.h"
#include "service/rpc/reactors/watch_reactor.h"

namespace seedance::rpc {

// A stream of snapshots of one resource: the present one first, then the newest whenever the reader is ready, OK after
// the last state. A snapshot is serialized once, by the first stream that writes it.
//
// `Traits` of a resource:
//   Resource            model struct with `revision`
//   Response            message of the stream, with set_heartbeat and set_resume_token
//   kType               resource type for NOT_FOUND
//   static bool IsOver(const Resource&)                     no snapshot follows this one
//   static void Fill(const Resource&, Response&)            writes the resource into the message
template <typename Traits>
class ResourceWatch final : public WatchReactor {
 public:
  using Resource = typename Traits::Resource;
  using Response = typename Traits::Response;
  using Start = engine::WatchStart<Resource>;

  // What the request asks to watch.
  struct Target {
    std::string name;          // Resource name.
    std::string resume_token;  // As received.
    // Opens the watch at the engine. Runs on the call pool; may block.
    absl::AnyInvocable<void(const engine::CallContext&, absl::AnyInvocable<void()> on_change, engine::Done<Start> done)>
        open;
    // Token for a reader of this snapshot; `last`: no message follows.
    absl::AnyInvocable<std::string(const Resource& resource, bool last)> make_token;
  };

  // Takes the RPC over. `target`: the request, or why it is refused.
  static void Run(RpcStream& stream, std::unique_ptr<Call> call, absl::StatusOr<Target> target) {
    std::shared_ptr<ResourceWatch> self(new ResourceWatch(stream, std::move(call)));
    if (target.ok()) self->target_ = std::move(*target);
    self->call_->set_resource(self->target_.name);
    self->Begin(target.status());
  }

 private:
  using WatchReactor::WatchReactor;

  void Open(const engine::CallContext& context) override {
    auto open = std::move(target_.open);
    target_.open = nullptr;
    open(
        context,
        [weak = Weak()] {
          if (auto self = weak.lock()) self->Pump();
        },
        [self = std::static_pointer_cast<ResourceWatch>(this->shared_from_this())](absl::StatusOr<Start> start) {
          self->OnOpened(std::move(start));
        });
  }

  std::weak_ptr<ResourceWatch> Weak() { return std::static_pointer_cast<ResourceWatch>(this->shared_from_this()); }

  void OnOpened(absl::StatusOr<Start> start) {
    if (!start.ok()) return End(start.status());
    if (start->over) return End(absl::OkStatus());
    {
      base::MutexLock lock(mutex_);
      // If the stream has ended, the session is destroyed with `start`.
      if (finished_) return;
      session_ = start->session;
    }
    Opened();
  }

  Step Next() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Step step;
    if (const auto snapshot = session_->TakeShared(); snapshot != nullptr) {
      sent_ = snapshot->template EncodedOnce<SnapshotMessage>([this](const Resource& resource) {
        const bool last = Traits::IsOver(resource);
        Response message;
        Traits::Fill(resource, message);
        return Encode(std::move(message), target_.make_token(resource, last), last);
      });
      step.message = sent_->message;
      if (sent_->last) step.end = absl::OkStatus();
    } else if (session_->gone()) {
      step.end = base::ResourceNotFound(Traits::kType, target_.name);
    }
    return step;
  }

  SharedMessage Heartbeat() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // Nothing was written yet: the received token is still right.
    if (sent_ == nullptr) {
      sent_ = std::make_shared<const SnapshotMessage>(Encode(Response(), target_.resume_token, /*last=*/false));
    }
    return sent_->heartbeat;
  }

  std::string ResumeToken() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return sent_ == nullptr ? target_.resume_token : sent_->resume_token;
  }

  void Close() override {
    std::shared_ptr<engine::WatchSession<Resource>> session;
    {
      base::MutexLock lock(mutex_);
      session.swap(session_);
    }
    if (session != nullptr) session->Close();
  }

  static SnapshotMessage Encode(Response message, std::string token, bool last) {
    message.set_resume_token(token);
    Response heartbeat;
    heartbeat.set_heartbeat(true);
    heartbeat.set_resume_token(token);
    return {{std::make_shared<const SharedBytes>(Serialize(message))},
            {std::make_shared<const SharedBytes>(Serialize(heartbeat))},
            std::move(token),
            last};
  }

  Target target_;  // Set before the stream is shared; Open takes `open`.
  std::shared_ptr<const SnapshotMessage> sent_ ABSL_GUARDED_BY(mutex_);  // The last one written.
  std::shared_ptr<engine::WatchSession<Resource>> session_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_REACTORS_RESOURCE_WATCH_H_
