#include "service/engine/tasks/downloads.h"

#include <utility>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/sha256.h"
#include "service/base/trace.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using model::TaskState;

absl::Status NoResult(const GenerationTask& task) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kTaskNotSucceeded;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.GenerationTask", task.name()};
  detail.metadata["state"] = std::string(model::TaskStateName(task.state));
  return base::MakeError("the task has no such file", detail);
}

const std::string& LinkOf(const GenerationTask& task, const DownloadParams& params) {
  return params.last_frame ? task.result.last_frame_uri : task.result.video_uri;
}

// Passes the bytes on, and counts and hashes them.
class HashingSink : public upstream::ResultSink {
 public:
  HashingSink(upstream::ResultSink& sink, TransferSlot& slot) : sink_(sink), slot_(slot) {}

  bool OnStart(int64_t total_size, const std::string& content_type) override {
    started_ = true;
    total_size_ = total_size;
    return sink_.OnStart(total_size, content_type);
  }

  bool OnBytes(std::string_view bytes) override {
    size_ += static_cast<int64_t>(bytes.size());
    hash_.Update(bytes);
    return sink_.OnBytes(bytes) && slot_.Moved(static_cast<int64_t>(bytes.size()));
  }

  bool started() const { return started_; }
  int64_t size() const { return size_; }
  bool whole() const { return total_size_ == 0 || total_size_ == size_; }
  // Its length was said beforehand: it cannot have been cut.
  bool sure() const { return total_size_ > 0 && total_size_ == size_; }
  std::string sha256() { return hash_.Hex(); }

 private:
  upstream::ResultSink& sink_;
  TransferSlot& slot_;
  base::Sha256 hash_;
  bool started_ = false;
  int64_t total_size_ = 0;
  int64_t size_ = 0;
};

}  // namespace

void Downloads::Start(const CallContext& context, const DownloadParams& params,
                      std::shared_ptr<upstream::ResultSink> sink, Done<Nothing> done) {
  absl::StatusOr<GenerationTask> task = store_.GetTask(params.task_id);
  if (task.ok() && task->tenant != context.tenant) {
    task = base::ResourceNotFound("seedance.gateway.v1.GenerationTask", task->name());
  }
  if (!task.ok()) return done(task.status());
  VendorAccount* account = accounts_.Named(task->request.upstream);
  if (task->state != TaskState::kSucceeded || LinkOf(*task, params).empty() || account == nullptr) {
    return done(NoResult(*task));
  }
  base::LinkTraces("download", context.traceparent, task->traceparent, clock_.Now());
  auto work = [this, context, params, task = *std::move(task), account, sink](const std::shared_ptr<TransferSlot>& slot,
                                                                              Done<Nothing> answer) {
    slot->BeginWait();  // For the reader or for the vendor's storage, to the end.
    const absl::Status fetched = Fetch(context, params, task, *account, *sink, *slot);
    if (!fetched.ok()) return answer(slot->ended() ? slot->Error() : fetched);
    answer(Nothing{});
  };
  account->Transfer<Nothing>(context, context.cancel, std::move(done), std::move(work));
}

absl::Status Downloads::Fetch(const CallContext& context, const DownloadParams& params, GenerationTask task,
                              VendorAccount& account, upstream::ResultSink& sink, TransferSlot& slot) {
  const upstream::CallOptions call = ToCallOptions(context);
  HashingSink hashing(sink, slot);
  absl::Status fetched =
      account.upstream().tasks().FetchResult(call, LinkOf(task, params), params.offset, params.limit, hashing);
  if (base::GetReason(fetched) == base::Reason::kResultExpired && !hashing.started()) {
    // Some vendors sign the link anew whenever the task is read.
    absl::StatusOr<GenerationTask> renewed = RenewLinks(call, task, account);
    // Only the vendor's own word makes the result a lost one.
    if (!renewed.ok()) return absl::IsNotFound(renewed.status()) ? fetched : renewed.status();
    const std::string& link = LinkOf(*renewed, params);
    if (link.empty() || link == LinkOf(task, params)) return fetched;
    task = *std::move(renewed);
    fetched = account.upstream().tasks().FetchResult(call, LinkOf(task, params), params.offset, params.limit, hashing);
  }
  const bool whole = fetched.ok() && params.offset == 0 && params.limit == 0 && hashing.whole() && !params.last_frame;
  // What may have been cut does not replace what is known.
  if (whole && (hashing.sure() || task.result.sha256.empty())) NoteFile(task, hashing.size(), hashing.sha256());
  return fetched;
}

absl::StatusOr<GenerationTask> Downloads::RenewLinks(const upstream::CallOptions& call, const GenerationTask& task,
                                                     VendorAccount& account) {
  absl::StatusOr<upstream::TaskReport> report = account.upstream().tasks().GetTask(call, task.upstream_task_id);
  if (!report.ok()) return report.status();
  const bool same =
      report->result.video_uri == task.result.video_uri && report->result.last_frame_uri == task.result.last_frame_uri;
  if (report->state != TaskState::kSucceeded || report->result.video_uri.empty() || same) return task;
  // Not by TaskWriter: the state is final, only its links are renewed.
  return store_.UpdateTask(task.id, [&](GenerationTask& edited) {
    edited.result.video_uri = report->result.video_uri;
    edited.result.last_frame_uri = report->result.last_frame_uri;
    edited.result.expire_time = report->result.expire_time;
    edited.update_time = clock_.Now();
    return absl::OkStatus();
  });
}

void Downloads::NoteFile(const GenerationTask& task, int64_t size, const std::string& sha256) {
  if (task.result.sha256 == sha256) return;
  if (!task.result.sha256.empty()) {
    base::Log(base::LogLevel::kWarning, "result_replaced",
              {{"task", task.name()},
               {"tenant", task.tenant},
               {"upstream", task.request.upstream},
               {"upstream_task_id", task.upstream_task_id},
               {"size_before", task.result.size_bytes},
               {"size", size},
               {"sha256_before", task.result.sha256},
               {"sha256", sha256}});
  }
  // Not by TaskWriter: the state is final. Lost, it is only learnt again at the next download.
  (void)store_.UpdateTask(task.id, [&](GenerationTask& edited) {
    edited.result.size_bytes = size;
    edited.result.sha256 = sha256;
    return absl::OkStatus();
  });
}

}  // namespace seedance::engine
