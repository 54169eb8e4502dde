#ifndef SEEDANCE_SERVICE_ENGINE_ASSET_CREATION_H_
#define SEEDANCE_SERVICE_ENGINE_ASSET_CREATION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/base/random.h"
#include "service/engine/adoption.h"
#include "service/engine/asset_tracker.h"
#include "service/engine/billed_calls.h"
#include "service/engine/call_context.h"
#include "service/engine/upload_source.h"
#include "service/engine/upstreams.h"
#include "service/model/asset.h"
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

// Makes assets at the vendor: at most one billed call per request id. Input rules that need the upstream's profile are
// checked here, together with the violations that the caller found. Thread-safe.
class AssetCreation {
 public:
  AssetCreation(store::Store& store, Upstreams& upstreams, BilledCalls& billed, Adoption& adoption,
                AssetTracker& tracker, base::Clock& clock, base::Random& random)
      : store_(store),
        upstreams_(upstreams),
        billed_(billed),
        adoption_(adoption),
        tracker_(tracker),
        clock_(clock),
        random_(random) {}

  void Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done);

  // Reads `bytes` on one of the upstream's transfer threads until its end, or until the vendor or a limit says stop.
  // The context's cancel token breaks it off. `bytes` is read even when the answer is known (same request id), to
  // compare its hash.
  void Upload(const CallContext& context, const UploadAssetParams& params, std::shared_ptr<upstream::ByteSource> bytes,
              Done<model::Asset> done);

 private:
  struct Draft;
  using DraftPtr = std::shared_ptr<Draft>;

  void WithGroup(const DraftPtr& draft, Done<model::Asset> done);
  void Proceed(const DraftPtr& draft, Done<model::Asset> done);
  absl::Status Check(Draft& draft) const;
  void Replay(const DraftPtr& draft, const model::BilledCall& earlier, Done<model::Asset> done);
  // Journals the call and sends it on one of the upstream's threads, unless the journal has the answer.
  void Launch(const DraftPtr& draft, Done<model::Asset> done);
  void Send(const DraftPtr& draft);
  upstream::BilledResult<std::string> SendOnce(const DraftPtr& draft, const upstream::CallOptions& options);
  upstream::BilledResult<std::string> SendIntoGroup(const DraftPtr& draft, const upstream::CallOptions& options);
  // Whether the vendor lists an asset of this name in the group.
  bool VendorHasName(const Draft& draft, const upstream::CallOptions& options) const;
  bool IsYoung(const model::AssetGroup& group) const;
  void AwaitGroup(const DraftPtr& draft, const upstream::CallOptions& options);
  void Keep(const DraftPtr& draft, const std::string& id);
  BilledCalls::Waiter AnswerWith(Done<model::Asset> done);

  store::Store& store_;
  Upstreams& upstreams_;
  BilledCalls& billed_;
  Adoption& adoption_;
  AssetTracker& tracker_;
  base::Clock& clock_;
  base::Random& random_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSET_CREATION_H_
