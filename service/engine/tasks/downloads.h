#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_DOWNLOADS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_DOWNLOADS_H_

#include <memory>
#include <string>

#include "service/base/clock.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/store/task_store.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

struct DownloadParams {
  std::string task_id;
  int64_t offset = 0;
  int64_t limit = 0;        // 0: to the end.
  bool last_frame = false;  // The last frame instead of the video.
};

// DownloadGenerationResult: bytes of a finished task's file, streamed from the vendor's link.
class Downloads {
 public:
  Downloads(store::TaskStore& store, VendorAccounts& accounts, base::Clock& clock)
      : store_(store), accounts_(accounts), clock_(clock) {}

  // Feeds `sink` on one of the upstream's transfer threads; `done` is called after the last byte, or with the error.
  // The context's cancel token breaks it off; it is cancelled here when the transfer is ended because others wait and
  // its bytes move too slowly (ABORTED). A link that has died is asked for once more at the vendor before
  // RESULT_EXPIRED is given. A complete download of the video writes its size and hash to the task; where they were
  // others before, a line `result_replaced` is logged.
  void Start(const CallContext& context, const DownloadParams& params, std::shared_ptr<upstream::ResultSink> sink,
             Done<Nothing> done);

 private:
  absl::Status Fetch(const CallContext& context, const DownloadParams& params, model::GenerationTask task,
                     VendorAccount& account, upstream::ResultSink& sink, TransferSlot& slot);
  // Asks the vendor for the links of a task, and stores them when they are other ones. Returns the task as it is now.
  absl::StatusOr<model::GenerationTask> RenewLinks(const upstream::CallOptions& call, const model::GenerationTask& task,
                                                   VendorAccount& account);
  void NoteFile(const model::GenerationTask& task, int64_t size, const std::string& sha256);

  store::TaskStore& store_;
  VendorAccounts& accounts_;
  base::Clock& clock_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_DOWNLOADS_H_
