#ifndef SEEDANCE_SERVICE_RPC_WATCH_REACTOR_H_
#define SEEDANCE_SERVICE_RPC_WATCH_REACTOR_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/base/mutex.h"
#include "service/engine/assets.h"
#include "service/engine/watch_hub.h"
#include "service/rpc/call.h"
#include "service/rpc/edge.h"
#include "service/rpc/watch_streams.h"

namespace seedance::rpc {

// A stream of snapshots of one resource: the current one first, then the newest whenever the reader is ready for
// another, heartbeats when idle, OK after the last state. One write in flight, one snapshot kept: a slow reader costs
// itself freshness and nobody else anything.
//
// `Traits` of a resource:
//   Resource            model struct with `revision`
//   Response            message of the stream, with set_heartbeat and set_resume_token
//   kType               resource type for NOT_FOUND
//   static bool IsOver(const Resource&)                     no snapshot follows this one
//   static void Fill(const Resource&, Response&)            writes the resource into the message
template <typename Traits>
class WatchReactor final : public grpc::ServerWriteReactor<typename Traits::Response>,
                           public EndableStream,
                           public std::enable_shared_from_this<WatchReactor<Traits>> {
 public:
  using Resource = typename Traits::Resource;
  using Response = typename Traits::Response;
  using Base = grpc::ServerWriteReactor<Response>;
  using Start = engine::WatchStart<Resource>;

  // What is watched, as the request says.
  struct Target {
    std::string name;          // Of the resource.
    std::string resume_token;  // As received.
    // Opens the watch at the engine. Runs on the call pool, may block.
    absl::AnyInvocable<void(const engine::CallContext&, absl::AnyInvocable<void()> on_change, engine::Done<Start> done)>
        open;
    // Token for a reader of this revision; `last`: no message follows it.
    absl::AnyInvocable<std::string(int64_t revision, bool last)> make_token;
  };

  // What a callback method returns. `target` is the request, or why it is refused.
  static Base* Begin(Edge& edge, grpc::CallbackServerContext* context, std::string_view method,
                     absl::StatusOr<Target> target) {
    std::shared_ptr<WatchReactor> self(new WatchReactor(edge, context, method));
    self->self_ = self;
    self->Admit(std::move(target));
    return self.get();
  }

  // With the first status given.
  void End(const absl::Status& status) override {
    {
      base::MutexLock lock(mutex_);
      if (ending_.has_value()) return;
      ending_ = status;
    }
    Pump();
  }

  void OnWriteDone(bool ok) override {
    {
      base::MutexLock lock(mutex_);
      writing_ = false;
      if (!ok) ending_ = call_.Gone();
    }
    Pump();
  }

  void OnCancel() override {
    call_.Cancel();
    End(call_.Gone());
  }

  void OnDone() override {
    edge_.streams().Leave(this);
    std::shared_ptr<engine::WatchSession<Resource>> session;
    uint64_t heartbeat = 0;
    {
      base::MutexLock lock(mutex_);
      session.swap(session_);
      heartbeat = heartbeat_;
    }
    edge_.heartbeats().Remove(heartbeat);
    // Here and nowhere else: Close waits for on_change, which may be what ended the stream.
    if (session != nullptr) session->Close();
    self_.reset();
  }

 private:
  WatchReactor(Edge& edge, grpc::CallbackServerContext* context, std::string_view method)
      : edge_(edge), grpc_context_(context), call_(edge, context, method) {}

  void Admit(absl::StatusOr<Target> target) {
    if (!call_.admission().ok()) return End(call_.admission());
    if (!target.ok()) return End(target.status());
    target_ = *std::move(target);
    call_.set_resource(target_.name);
    SetToken(target_.resume_token);
    if (absl::Status entered =
            edge_.streams().Enter(this, this->weak_from_this(), call_.context().tenant, grpc_context_->peer());
        !entered.ok()) {
      SetToken("");  // In the trailers it would say that the stream had begun.
      return End(entered);
    }
    auto self = this->shared_from_this();
    if (!edge_.calls().Submit([self] { self->Open(); })) End(CallPoolFull());
  }

  void SetToken(const std::string& token) {
    base::MutexLock lock(mutex_);
    token_ = token;
  }

  void Open() {
    target_.open(
        call_.context(),
        [weak = this->weak_from_this()] {
          if (auto self = weak.lock()) self->Pump();
        },
        [self = this->shared_from_this()](absl::StatusOr<Start> start) { self->OnOpened(std::move(start)); });
  }

  void OnOpened(absl::StatusOr<Start> start) {
    if (!start.ok()) return End(start.status());
    if (start->over) return End(absl::OkStatus());
    {
      base::MutexLock lock(mutex_);
      // If the stream has ended, the session dies with `start`.
      if (finished_) return;
      session_ = start->session;
      last_write_ = edge_.clock().Now();
      heartbeat_ = edge_.heartbeats().Add(last_write_ + edge_.options().heartbeat_interval,
                                          [weak = this->weak_from_this()] { return Beat(weak); });
    }
    Pump();
  }

  static absl::Time Beat(const std::weak_ptr<WatchReactor>& weak) {
    const std::shared_ptr<WatchReactor> self = weak.lock();
    return self == nullptr ? absl::InfiniteFuture() : self->BeatIfIdle();
  }

  // Returns when to look again.
  absl::Time BeatIfIdle() {
    const absl::Duration interval = edge_.options().heartbeat_interval;
    const absl::Time now = edge_.clock().Now();
    {
      base::MutexLock lock(mutex_);
      if (finished_ || ending_.has_value()) return absl::InfiniteFuture();
      if (last_write_ + interval > now) return last_write_ + interval;
      if (writing_) return now + interval;  // The reader is slow; more messages do not help it.
      message_.Clear();
      message_.set_heartbeat(true);
      message_.set_resume_token(token_);
      BeginWriteLocked();
    }
    this->StartWrite(&message_);
    return now + interval;
  }

  // Writes the newest snapshot, or ends the stream, unless a write is in flight: then OnWriteDone comes back here.
  void Pump() {
    std::optional<absl::Status> end;
    {
      base::MutexLock lock(mutex_);
      if (writing_ || finished_) return;
      if (!ending_.has_value()) {
        if (TakeSnapshotLocked()) {
          BeginWriteLocked();
        } else if (session_ != nullptr && session_->gone()) {
          ending_ = base::ResourceNotFound(Traits::kType, target_.name);
        }
      }
      if (!writing_ && ending_.has_value()) {
        finished_ = true;
        end = ending_;
      }
      if (!writing_ && !end.has_value()) return;
    }
    if (end.has_value()) {
      FinishNow(*end);
    } else {
      this->StartWrite(&message_);
    }
  }

  // Puts the newest snapshot into message_, if there is one that was not written.
  bool TakeSnapshotLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (session_ == nullptr) return false;
    const std::shared_ptr<const Resource> snapshot = session_->Take();
    if (snapshot == nullptr) return false;
    const bool last = Traits::IsOver(*snapshot);
    token_ = target_.make_token(snapshot->revision, last);
    message_.Clear();
    Traits::Fill(*snapshot, message_);
    message_.set_resume_token(token_);
    if (last) ending_ = absl::OkStatus();
    return true;
  }

  // From now on message_ belongs to gRPC, until OnWriteDone.
  void BeginWriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    writing_ = true;
    last_write_ = edge_.clock().Now();
  }

  // Once, by the one who set finished_.
  void FinishNow(const absl::Status& status) {
    std::string token;
    {
      base::MutexLock lock(mutex_);
      token = token_;
    }
    if (base::GetReason(status) == base::Reason::kDraining && !token.empty()) {
      grpc_context_->AddTrailingMetadata("resume-token", token);
    }
    this->Finish(call_.End(status));
  }

  Edge& edge_;
  grpc::CallbackServerContext* const grpc_context_;
  Call call_;
  Target target_;  // Set before the stream is known to anyone.
  // Taken before the session's own mutex.
  base::Mutex mutex_;
  Response message_;  // Written with writing_ false and mutex_ held; read by gRPC while writing_ is true.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  std::string token_ ABSL_GUARDED_BY(mutex_);  // Of the last message written.
  absl::Time last_write_ ABSL_GUARDED_BY(mutex_);
  uint64_t heartbeat_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<engine::WatchSession<Resource>> session_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<WatchReactor> self_;  // Until OnDone.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_WATCH_REACTOR_H_
