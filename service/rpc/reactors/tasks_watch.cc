#include "service/rpc/reactors/tasks_watch.h"

#include <utility>

#include "seedance/gateway/v1/generation_task.pb.h"
#include "service/model/names.h"
#include "service/rpc/convert/convert_task.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

grpc::Slice EncodeTask(const model::GenerationTask& task) {
  v1::GenerationTask message;
  ToProto(task, &message);
  return SerializeElement(v1::WatchGenerationTasksResponse::kGenerationTasksFieldNumber, message);
}

// The tasks as shareable pieces, followed by the other fields.
SharedMessage Encode(const engine::TaskBatch& batch, bool heartbeat) {
  SharedMessage message;
  message.reserve(batch.tasks.size() + 1);
  for (const auto& task : batch.tasks) message.push_back(task->EncodedOnce<SharedBytes>(EncodeTask));
  v1::WatchGenerationTasksResponse rest;
  for (const std::string& id : batch.removed) rest.add_removed(model::GenerationTaskName(id));
  rest.set_synced(batch.synced);
  rest.set_heartbeat(heartbeat);
  rest.set_resume_token(batch.resume_token);
  message.push_back(std::make_shared<const SharedBytes>(Serialize(rest)));
  return message;
}

}  // namespace

void TasksWatch::Run(RpcStream& stream, std::unique_ptr<Call> call, engine::Tasks& tasks,
                     absl::StatusOr<engine::WatchTasksParams> params) {
  std::shared_ptr<TasksWatch> self(new TasksWatch(stream, std::move(call), tasks));
  if (params.ok()) {
    base::MutexLock lock(self->mutex_);
    self->token_ = params->resume_token;
    self->params_ = std::make_unique<engine::WatchTasksParams>(*std::move(params));
  }
  self->Begin(params.status());
}

void TasksWatch::Open(const engine::CallContext& context) {
  const std::unique_ptr<engine::WatchTasksParams> params = std::move(params_);
  auto reader = tasks_.WatchMany(context, *params, [weak = std::weak_ptr<TasksWatch>(Self())] {
    if (auto self = weak.lock()) self->Pump();
  });
  if (!reader.ok()) return End(reader.status());
  {
    base::MutexLock lock(mutex_);
    // If the stream has ended, the reader is destroyed here.
    if (finished_) return;
    reader_ = *std::move(reader);
  }
  Opened();
}

WatchReactor::Step TasksWatch::Next() {
  Step step;
  if (reading_) return step;
  engine::TaskBatch batch;
  switch (reader_->Take(batch)) {
    case engine::TaskFeedReader::Next::kNothing:
      break;
    case engine::TaskFeedReader::Next::kBatch:
      step.message = Encode(batch, /*heartbeat=*/false);
      break;
    case engine::TaskFeedReader::Next::kRead:
      reading_ = true;
      step.work = [self = Self()] { self->Read(); };
      break;
  }
  return step;
}

void TasksWatch::Read() {
  std::shared_ptr<engine::TaskFeedReader> reader;
  {
    base::MutexLock lock(mutex_);
    reader = reader_;
  }
  if (reader == nullptr) return;  // The stream has ended.
  const absl::Status read = reader->Read();
  {
    base::MutexLock lock(mutex_);
    reading_ = false;
  }
  if (!read.ok()) return End(read);
  Pump();
}

SharedMessage TasksWatch::Heartbeat() {
  // Some changes, such as renewed links, are not published: this bounds their delay.
  reader_->LookAgain();
  engine::TaskBatch batch;
  reader_->Describe(batch);
  return Encode(batch, /*heartbeat=*/true);
}

std::string TasksWatch::ResumeToken() {
  if (reader_ == nullptr) return token_;
  engine::TaskBatch batch;
  reader_->Describe(batch);
  return batch.resume_token;
}

void TasksWatch::Close() {
  std::shared_ptr<engine::TaskFeedReader> reader;
  {
    base::MutexLock lock(mutex_);
    reader.swap(reader_);
  }
  if (reader != nullptr) reader->Close();
}

}  // namespace seedance::rpc
