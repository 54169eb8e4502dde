#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/engine/asset_tracker.h"
#include "service/engine/billed_calls.h"
#include "service/engine/call_context.h"
#include "service/engine/resume_token.h"
#include "service/engine/upstreams.h"
#include "service/engine/watch_hub.h"
#include "service/model/asset.h"
#include "service/model/page.h"
#include "service/store/store.h"
#include "service/upstream/http_transport.h"

namespace seedance::engine {

struct CreateAssetParams {
  model::UpstreamHandle group;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  std::string uri;  // https URL, data URI or bare Base64; empty: `inline_data`.
  std::string inline_data;
  std::string request_id;  // Empty: one is made.
  bool validate_only = false;
  // Rules that the caller saw broken (unreadable names and the like); reported together with the engine's.
  std::vector<base::FieldViolation> violations;
};

struct UploadAssetParams {
  model::UpstreamHandle group;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  std::string file_name;
  std::optional<int64_t> size_bytes;
  std::string request_id;
  std::vector<base::FieldViolation> violations;
};

struct ListAssetsParams {
  std::vector<model::UpstreamHandle> groups;
  std::string display_name_contains;
  model::MediaType media_type = model::MediaType::kUnspecified;
  model::AssetState state = model::AssetState::kUnspecified;
  model::PageCursor after;
  int page_size = 50;
  bool read_upstream = false;
};

// Where a watch stream begins.
template <typename Resource>
struct WatchStart {
  std::shared_ptr<WatchSession<Resource>> session;
  bool over = false;  // The reader has already read the last state: end the stream without a message.
};

// Use cases of AssetService; asset.proto states rules and errors. Threads and ownership as in Groups. Field paths in
// violations are those of CreateAssetRequest (`asset.display_name`, `uri`) and UploadAssetRequest
// (`metadata.asset.display_name`).
class Assets {
 public:
  Assets(store::Store& store, Upstreams& upstreams, BilledCalls& billed, AssetTracker& tracker,
         WatchHub<model::Asset>& hub, const ResumeTokens& tokens, base::Clock& clock)
      : store_(store),
        upstreams_(upstreams),
        billed_(billed),
        tracker_(tracker),
        hub_(hub),
        tokens_(tokens),
        clock_(clock) {}

  void Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done);

  // Reads `bytes` on one of the upstream's transfer threads until its end, or until the vendor or a limit says stop.
  // The context's cancel token breaks it off. `bytes` may be read even when the answer is known (same request id), to
  // compare its hash.
  void Upload(const CallContext& context, const UploadAssetParams& params, std::shared_ptr<upstream::ByteSource> bytes,
              Done<model::Asset> done);

  void Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::Asset> done);
  void List(const CallContext& context, const ListAssetsParams& params, Done<model::Page<model::Asset>> done);
  void Update(const CallContext& context, const model::UpstreamHandle& handle, const std::string& display_name,
              Done<model::Asset> done);
  void Delete(const CallContext& context, const model::UpstreamHandle& handle, bool allow_missing, Done<Nothing> done);

  // Opens a watch. `on_change`: see WatchHub::Subscribe. The first Take is ready when `done` is called.
  void Watch(const CallContext& context, const model::UpstreamHandle& handle, const std::string& resume_token,
             absl::AnyInvocable<void()> on_change, Done<WatchStart<model::Asset>> done);

  // Token with which a reader of this revision of the asset goes on.
  std::string ResumeToken(const model::UpstreamHandle& handle, int64_t revision) const;

 private:
  struct Draft;
  absl::StatusOr<Upstreams::Entry*> FindGroup(const CallContext& context, const model::UpstreamHandle& group);
  absl::Status AdoptAll(const CallContext& context, Upstreams::Entry& entry,
                        const std::vector<model::UpstreamHandle>& groups);
  void Send(Upstreams::Entry& entry, const CallContext& context, const std::shared_ptr<Draft>& draft);
  BilledCalls::Waiter AnswerWith(Done<model::Asset> done);

  store::Store& store_;
  Upstreams& upstreams_;
  BilledCalls& billed_;
  AssetTracker& tracker_;
  WatchHub<model::Asset>& hub_;
  const ResumeTokens& tokens_;
  base::Clock& clock_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_H_
