// The yardstick of the benches: the same service on gRPC's callback API with nothing behind it.
//
//   bare_server PORT_FILE TASK_FILE
//
// GetGenerationTask returns the task in TASK_FILE (a serialized GenerationTask); WatchGenerationTask sends one snapshot
// of it and waits; CancelGenerationTask sends the next snapshot to every stream, as fast as one thread can write them,
// with the time of the change as its update_time.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::bench {
namespace {

namespace v1 = gateway::v1;

class BareService;

class BareStream : public grpc::ServerWriteReactor<v1::WatchGenerationTaskResponse> {
 public:
  explicit BareStream(BareService& service) : service_(service) {}

  // One write at a time; a snapshot that comes meanwhile is sent afterwards, the newest one only.
  void Send(const v1::WatchGenerationTaskResponse& message) {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    if (writing_) {
      waiting_ = message;
      has_waiting_ = true;
      return;
    }
    Write(message);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (cancelled_ || !ok) return FinishOnce();
    if (!has_waiting_) return;
    has_waiting_ = false;
    Write(waiting_);
  }
  void OnCancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (!writing_) FinishOnce();
  }
  void OnDone() override;

 private:
  void Write(const v1::WatchGenerationTaskResponse& message) {
    writing_ = true;
    message_ = message;
    StartWrite(&message_);
  }
  void FinishOnce() {
    if (!std::exchange(finished_, true)) Finish(grpc::Status::CANCELLED);
  }

  BareService& service_;
  std::mutex mutex_;
  bool writing_ = false;
  bool finished_ = false;
  bool cancelled_ = false;
  bool has_waiting_ = false;
  v1::WatchGenerationTaskResponse message_;
  v1::WatchGenerationTaskResponse waiting_;
};

class BareService : public v1::GenerationTaskService::CallbackService {
 public:
  explicit BareService(v1::GenerationTask task) : task_(std::move(task)) {}

  grpc::ServerUnaryReactor* GetGenerationTask(grpc::CallbackServerContext* context, const v1::GetGenerationTaskRequest*,
                                              v1::GenerationTask* task) override {
    *task = task_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<v1::WatchGenerationTaskResponse>* WatchGenerationTask(
      grpc::CallbackServerContext*, const v1::WatchGenerationTaskRequest*) override {
    auto* stream = new BareStream(*this);
    std::lock_guard lock(mutex_);
    streams_.insert(stream);
    stream->Send(Snapshot());
    return stream;
  }

  grpc::ServerUnaryReactor* CancelGenerationTask(grpc::CallbackServerContext* context,
                                                 const v1::CancelGenerationTaskRequest*, v1::GenerationTask*) override {
    // On a thread of its own, as a server does that has something else to do with its callback threads.
    std::thread([this] {
      std::lock_guard lock(mutex_);
      task_.set_revision(task_.revision() + 1);
      Stamp(task_);
      const v1::WatchGenerationTaskResponse message = Snapshot();
      for (BareStream* stream : streams_) stream->Send(message);
    }).detach();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  void Remove(BareStream* stream) {
    std::lock_guard lock(mutex_);
    streams_.erase(stream);
  }

 private:
  static void Stamp(v1::GenerationTask& task) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now);
    task.mutable_update_time()->set_seconds(seconds.count());
    task.mutable_update_time()->set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(now - seconds).count()));
  }

  v1::WatchGenerationTaskResponse Snapshot() const {
    v1::WatchGenerationTaskResponse message;
    *message.mutable_generation_task() = task_;
    message.set_resume_token("0123456789abcdef0123456789abcdef");
    return message;
  }

  v1::GenerationTask task_;
  std::mutex mutex_;
  std::set<BareStream*> streams_;
};

void BareStream::OnDone() {
  service_.Remove(this);
  delete this;
}

int Main(int argc, char** argv) {
  if (argc != 3) return fprintf(stderr, "bare_server PORT_FILE TASK_FILE\n"), 2;
  v1::GenerationTask task;
  std::ifstream file(argv[2], std::ios::binary);
  if (!file || !task.ParseFromIstream(&file)) return fprintf(stderr, "%s: no task\n", argv[2]), 2;
  BareService service(std::move(task));
  // As in the gateway: a synchronous service keeps a poller awake.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  const std::string draft = std::string(argv[1]) + ".tmp";
  std::ofstream(draft) << "127.0.0.1:" << port << "\n";
  if (std::rename(draft.c_str(), argv[1]) != 0) return 1;
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace seedance::bench

int main(int argc, char** argv) { return seedance::bench::Main(argc, argv); }
