#include "service/rpc/asset_service.h"

#include <memory>
#include <utility>

#include "service/base/mutex.h"
#include "service/rpc/convert_asset.h"
#include "service/rpc/resource_watch.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/upload_reactor.h"
#include "service/rpc/validate_asset.h"
#include "service/rpc/watch_message.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

struct AssetWatchTraits {
  using Resource = model::Asset;
  using Response = v1::WatchAssetResponse;
  static constexpr std::string_view kType = "seedance.gateway.v1.Asset";
  static bool IsOver(const model::Asset& asset) { return model::IsSettled(asset.state); }
  static void Fill(const model::Asset& asset, Response& response) { ToProto(asset, response.mutable_asset()); }
};
using AssetWatch = ResourceWatch<AssetWatchTraits>;

void FillAsset(const model::Asset& asset, v1::Asset& response, Call& call) {
  ToProto(asset, &response);
  call.set_resource(response.name());
}

absl::StatusOr<AssetWatch::Target> TargetOf(const grpc::ByteBuffer& bytes, engine::Assets& assets) {
  v1::WatchAssetRequest request;
  if (!ParseRequest(bytes, request)) return NotARequest();
  absl::StatusOr<WatchAssetParams> params = ReadRequest(request);
  if (!params.ok()) return params.status();
  AssetWatch::Target target;
  target.name = request.name();
  target.resume_token = params->resume_token;
  target.open = [&assets, params = *params](const engine::CallContext& context, absl::AnyInvocable<void()> on_change,
                                            engine::Done<AssetWatch::Start> done) {
    assets.Watch(context, params.handle, params.resume_token, std::move(on_change), std::move(done));
  };
  target.make_token = [&assets](const model::Asset& asset, bool last) {
    return assets.ResumeToken(asset.handle, asset.revision, last);
  };
  return target;
}

using BatchCall = UnaryCall<v1::BatchCreateAssetsResponse>;

// The outcomes of a batch; the last to come in answers the call.
class Batch {
 public:
  Batch(BatchCall::Pointer rpc, size_t size) : rpc_(std::move(rpc)), missing_(size) {
    for (size_t i = 0; i < size; ++i) response_.add_results();
  }

  void Take(size_t index, const absl::StatusOr<model::Asset>& outcome) {
    {
      base::MutexLock lock(mutex_);
      v1::BatchCreateAssetsResponse::Result* result = response_.mutable_results(static_cast<int>(index));
      if (outcome.ok()) {
        ToProto(*outcome, result->mutable_asset());
      } else {
        ToProto(outcome.status(), result->mutable_failure());
      }
      if (--missing_ > 0) return;
    }
    // Nobody else comes any more.
    rpc_->Succeed([this](v1::BatchCreateAssetsResponse& response, Call&) {
      base::MutexLock lock(mutex_);
      response.Swap(&response_);
      return absl::OkStatus();
    });
  }

 private:
  const BatchCall::Pointer rpc_;
  base::Mutex mutex_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  v1::BatchCreateAssetsResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerUnaryReactor* AssetService::CreateAsset(grpc::CallbackServerContext* context,
                                                    const v1::CreateAssetRequest* request, v1::Asset* response) {
  using Rpc = UnaryCall<v1::Asset>;
  return Rpc::Start(edge_, context, "CreateAsset", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->asset().asset_group());
    assets_.Create(rpc->call().context(), ReadRequest(*request), rpc->Then<model::Asset>(FillAsset));
  });
}

grpc::ServerUnaryReactor* AssetService::BatchCreateAssets(grpc::CallbackServerContext* context,
                                                          const v1::BatchCreateAssetsRequest* request,
                                                          v1::BatchCreateAssetsResponse* response) {
  return BatchCall::Start(
      edge_, context, "BatchCreateAssets", response, [this, request](const BatchCall::Pointer& rpc) {
        auto all = ReadRequest(*request);
        if (!all.ok()) return rpc->Fail(all.status());
        auto batch = std::make_shared<Batch>(rpc, all->size());
        for (size_t i = 0; i < all->size(); ++i) {
          // Side by side, as calls of their own would run.
          auto work = [this, rpc, batch, i, params = std::move((*all)[i])] {
            const auto take = [batch, i](const absl::StatusOr<model::Asset>& outcome) { batch->Take(i, outcome); };
            if (rpc->call().context().cancel->cancelled()) return take(rpc->call().Gone());
            assets_.Create(rpc->call().context(), params, take);
          };
          if (!edge_.calls().Submit(std::move(work))) batch->Take(i, CallPoolFull());
        }
      });
}

grpc::ServerReadReactor<v1::UploadAssetRequest>* AssetService::UploadAsset(grpc::CallbackServerContext* context,
                                                                           v1::Asset* response) {
  return UploadReactor::Begin(edge_, assets_, context, response);
}

grpc::ServerUnaryReactor* AssetService::GetAsset(grpc::CallbackServerContext* context,
                                                 const v1::GetAssetRequest* request, v1::Asset* response) {
  using Rpc = UnaryCall<v1::Asset>;
  return Rpc::Start(edge_, context, "GetAsset", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_resource(request->name());
    const auto handle = ReadRequest(*request);
    if (!handle.ok()) return rpc->Fail(handle.status());
    assets_.Get(rpc->call().context(), *handle, rpc->Then<model::Asset>(FillAsset));
  });
}

grpc::ServerUnaryReactor* AssetService::ListAssets(grpc::CallbackServerContext* context,
                                                   const v1::ListAssetsRequest* request,
                                                   v1::ListAssetsResponse* response) {
  using Rpc = UnaryCall<v1::ListAssetsResponse>;
  using Page = model::Page<model::Asset>;
  return Rpc::Start(edge_, context, "ListAssets", response, [this, request](const Rpc::Pointer& rpc) {
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    auto fill = [filter = PageFilter(*request)](const Page& page, v1::ListAssetsResponse& list, Call&) {
      for (const model::Asset& asset : page.items) ToProto(asset, list.add_assets());
      if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
    };
    assets_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
  });
}

grpc::ServerUnaryReactor* AssetService::UpdateAsset(grpc::CallbackServerContext* context,
                                                    const v1::UpdateAssetRequest* request, v1::Asset* response) {
  using Rpc = UnaryCall<v1::Asset>;
  return Rpc::Start(edge_, context, "UpdateAsset", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->asset().name());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    assets_.Update(rpc->call().context(), params->handle, params->display_name, rpc->Then<model::Asset>(FillAsset));
  });
}

grpc::ServerUnaryReactor* AssetService::DeleteAsset(grpc::CallbackServerContext* context,
                                                    const v1::DeleteAssetRequest* request,
                                                    google::protobuf::Empty* response) {
  using Rpc = UnaryCall<google::protobuf::Empty>;
  return Rpc::Start(edge_, context, "DeleteAsset", response, [this, request](const Rpc::Pointer& rpc) {
    rpc->call().set_request_id(request->request_id());
    rpc->call().set_resource(request->name());
    const auto params = ReadRequest(*request);
    if (!params.ok()) return rpc->Fail(params.status());
    assets_.Delete(rpc->call().context(), params->handle, params->allow_missing, rpc->ThenNothing());
  });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AssetService::WatchAsset(grpc::CallbackServerContext* context,
                                                                     const grpc::ByteBuffer* request) {
  return AssetWatch::Run(edge_, context, "WatchAsset", TargetOf(*request, assets_));
}

}  // namespace seedance::rpc
