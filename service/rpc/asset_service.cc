#include "service/rpc/asset_service.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "service/rpc/asset_batch.h"
#include "service/rpc/batch_line.h"
#include "service/rpc/batch_preview.h"
#include "service/rpc/calls/unary_call.h"
#include "service/rpc/calls/watch_message.h"
#include "service/rpc/convert/convert_asset.h"
#include "service/rpc/reactors/resource_watch.h"
#include "service/rpc/reactors/upload_reactor.h"
#include "service/rpc/validate/validate_asset.h"

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

}  // namespace

void AssetService::AddTo(Methods& methods) {
  using Self = AssetService;
  const std::string name = v1::AssetService::service_full_name();
  methods.Add(name, Unary("CreateAsset", this, &Self::CreateAsset));
  methods.Add(name, Unary("BatchCreateAssets", this, &Self::BatchCreateAssets));
  methods.Add(name, Unary("GetAsset", this, &Self::GetAsset));
  methods.Add(name, Unary("ListAssets", this, &Self::ListAssets));
  methods.Add(name, Unary("UpdateAsset", this, &Self::UpdateAsset));
  methods.Add(name, Unary("DeleteAsset", this, &Self::DeleteAsset));
  methods.Add(name, Unary("GetLibraryUsage", this, &Self::GetLibraryUsage));
  Method upload;
  upload.traits.name = "UploadAsset";
  upload.one_request = false;
  upload.start = [this](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    UploadReactor::Begin(assets_, stream, std::move(call), std::move(bytes));
  };
  methods.Add(name, upload);
  Method watch;
  watch.kind = RpcKind::kWatch;
  watch.traits.name = "WatchAsset";
  watch.start = [this](RpcStream& stream, std::unique_ptr<Call> call, grpc::ByteBuffer bytes) {
    AssetWatch::Run(stream, std::move(call), TargetOf(bytes, assets_));
  };
  methods.Add(name, watch);
}

void AssetService::CreateAsset(const v1::CreateAssetRequest& request, const UnaryCall<v1::Asset>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.asset().asset_group());
  assets_.Create(rpc->call().context(), ReadRequest(request), rpc->Then<model::Asset>(FillAsset));
}

void AssetService::BatchCreateAssets(const v1::BatchCreateAssetsRequest& request,
                                     const UnaryCall<v1::BatchCreateAssetsResponse>::Pointer& rpc) {
  auto all = ReadRequest(request);
  if (!all.ok()) return rpc->Fail(all.status());
  const auto batch = std::make_shared<AssetBatch>(all->size(), [rpc](AssetBatch::Response& results) {
    rpc->Succeed([&results](AssetBatch::Response& response, Call&) {
      response.Swap(&results);
      return absl::OkStatus();
    });
  });
  // In parallel, like separate calls; but those that ask for one name run one after the other, so that the first gets
  // it.
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> lines;
  for (size_t i = 0; i < all->size(); ++i) {
    lines[{model::AssetGroupName((*all)[i].group), (*all)[i].display_name}].push_back(i);
  }
  for (const auto& [name, indexes] : lines) {
    auto line = std::make_shared<BatchLine>(rpc_context_.calls(), rpc->call().context().tenant);
    auto previews = std::make_shared<BatchPreview>();
    for (const size_t i : indexes) {
      line->Add(
          [this, rpc, previews, params = std::move((*all)[i])](engine::Done<model::Asset> done) {
            if (rpc->call().context().cancel->cancelled()) return done(rpc->call().Gone());
            if (!params.validate_only) return assets_.Create(rpc->call().context(), params, std::move(done));
            assets_.Create(rpc->call().context(), params,
                           [previews, params, done = std::move(done)](absl::StatusOr<model::Asset> preview) mutable {
                             done(previews->Judge(params, std::move(preview)));
                           });
          },
          [batch, i](const absl::StatusOr<model::Asset>& outcome) { batch->Take(i, outcome); });
    }
    line->Begin();
  }
}

void AssetService::GetAsset(const v1::GetAssetRequest& request, const UnaryCall<v1::Asset>::Pointer& rpc) {
  rpc->call().set_resource(request.name());
  const auto handle = ReadRequest(request);
  if (!handle.ok()) return rpc->Fail(handle.status());
  assets_.Get(rpc->call().context(), *handle, rpc->Then<model::Asset>(FillAsset));
}

void AssetService::ListAssets(const v1::ListAssetsRequest& request,
                              const UnaryCall<v1::ListAssetsResponse>::Pointer& rpc) {
  using Page = model::Page<model::Asset>;
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  auto fill = [filter = PageFilter(request)](const Page& page, v1::ListAssetsResponse& list, Call&) {
    for (const model::Asset& asset : page.items) ToProto(asset, list.add_assets());
    if (!page.next.at_start()) list.set_next_page_token(model::EncodePageToken(page.next, filter));
  };
  assets_.List(rpc->call().context(), *params, rpc->Then<Page>(std::move(fill)));
}

void AssetService::UpdateAsset(const v1::UpdateAssetRequest& request, const UnaryCall<v1::Asset>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.asset().name());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  assets_.Update(rpc->call().context(), *params, rpc->Then<model::Asset>(FillAsset));
}

void AssetService::DeleteAsset(const v1::DeleteAssetRequest& request,
                               const UnaryCall<google::protobuf::Empty>::Pointer& rpc) {
  rpc->call().set_request_id(request.request_id());
  rpc->call().set_resource(request.name());
  const auto params = ReadRequest(request);
  if (!params.ok()) return rpc->Fail(params.status());
  assets_.Delete(rpc->call().context(), params->handle, params->allow_missing, rpc->ThenNothing());
}

void AssetService::GetLibraryUsage(const v1::GetLibraryUsageRequest& request,
                                   const UnaryCall<v1::LibraryUsage>::Pointer& rpc) {
  const absl::Status checked = CheckRequest(request);
  if (!checked.ok()) return rpc->Fail(checked);
  auto fill = [](const engine::LibraryUsage& usage, v1::LibraryUsage& response, Call&) { ToProto(usage, &response); };
  assets_.GetLibraryUsage(rpc->call().context(), request.upstream(), rpc->Then<engine::LibraryUsage>(fill));
}

}  // namespace seedance::rpc
