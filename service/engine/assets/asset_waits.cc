#include "service/engine/assets/asset_waits.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/base/error.h"
#include "service/base/utf8.h"

namespace seedance::engine {
namespace {

using model::Asset;
using model::AssetState;

constexpr std::string_view kWaitsFor = "waits for ";
constexpr std::string_view kToBeActive = " to be ACTIVE";
constexpr size_t kMaxFailureText = 512;

// The assets that the request refers to, each once, in the order of the references.
std::vector<model::UpstreamHandle> AssetHandles(const model::TaskRequest& request) {
  std::vector<model::UpstreamHandle> handles;
  for (const model::Reference& reference : request.references) {
    if (!reference.asset.has_value()) continue;
    if (std::find(handles.begin(), handles.end(), *reference.asset) == handles.end()) {
      handles.push_back(*reference.asset);
    }
  }
  return handles;
}

model::Failure NotReady(const std::string& asset_name, std::string_view cause, const model::Failure& error = {}) {
  model::Failure failure;
  failure.reason = base::Reason::kAssetNotReady;
  failure.upstream_code = error.upstream_code;
  const std::string because = error.message.empty() ? "" : absl::StrCat(": ", error.message);
  failure.message = base::CutUtf8(absl::StrCat(asset_name, " ", std::string(cause), because), kMaxFailureText);
  return failure;
}

// What becomes of a task that needs an asset in this state.
enum class Verdict { kReady, kWait, kRevive, kNever };

Verdict Judge(const Asset& asset, const model::TaskRequest& request, const Revivals& revivals) {
  switch (asset.state) {
    case AssetState::kActive:
      return Verdict::kReady;
    case AssetState::kFailed:
      return Verdict::kNever;
    case AssetState::kExpired: {
      if (!request.recreate_expired_assets) return Verdict::kNever;
      const auto asked = revivals.find(asset.name());
      if (asked == revivals.end()) return Verdict::kRevive;
      return asset.revision > asked->second ? Verdict::kNever : Verdict::kWait;
    }
    default:
      return request.wait_for_assets || request.recreate_expired_assets ? Verdict::kWait : Verdict::kNever;
  }
}

}  // namespace

absl::StatusOr<AssetCheck> CheckAssets(store::AssetStore& store, const model::GenerationTask& task,
                                       const Revivals& revivals) {
  AssetCheck check;
  for (const model::UpstreamHandle& handle : AssetHandles(task.request)) {
    absl::StatusOr<Asset> asset = store.GetAsset(handle);
    // One that was deleted and then adopted by somebody else is as good as deleted.
    if (absl::IsNotFound(asset.status()) || (asset.ok() && asset->tenant != task.tenant)) {
      check.failure = NotReady(model::AssetName(handle), "was deleted");
      return check;
    }
    if (!asset.ok()) return asset.status();
    switch (Judge(*asset, task.request, revivals)) {
      case Verdict::kReady:
        break;
      case Verdict::kRevive:
        check.to_revive.push_back(*asset);
        [[fallthrough]];
      case Verdict::kWait:
        check.waits_for.push_back(asset->name());
        break;
      case Verdict::kNever:
        check.failure = NotReady(asset->name(), absl::StrCat("is ", std::string(model::AssetStateName(asset->state))),
                                 asset->error);
        return check;
    }
    check.assets.push_back(*std::move(asset));
  }
  return check;
}

std::vector<std::string> AssetNames(const model::TaskRequest& request) {
  std::vector<std::string> names;
  for (const model::UpstreamHandle& handle : AssetHandles(request)) names.push_back(model::AssetName(handle));
  return names;
}

model::TaskRequest WithVendorIds(model::TaskRequest request, const std::vector<Asset>& assets) {
  for (model::Reference& reference : request.references) {
    if (!reference.asset.has_value()) continue;
    const auto asset = std::find_if(assets.begin(), assets.end(),
                                    [&](const Asset& candidate) { return candidate.handle == *reference.asset; });
    if (asset != assets.end()) reference.asset->id = asset->upstream_id();
  }
  return request;
}

std::string WaitMessage(const std::vector<std::string>& asset_names) {
  return absl::StrCat(std::string(kWaitsFor), absl::StrJoin(asset_names, ", "), std::string(kToBeActive));
}

bool WaitsForAssets(const model::GenerationTask& task) {
  if (task.state != model::TaskState::kPending) return false;
  // A PENDING task that waits for its turn, or for the vendor, has another message.
  std::string_view message = task.state_message;
  const bool framed = message.size() > kWaitsFor.size() + kToBeActive.size() &&
                      message.substr(0, kWaitsFor.size()) == kWaitsFor &&
                      message.substr(message.size() - kToBeActive.size()) == kToBeActive;
  if (!framed) return false;
  message.remove_prefix(kWaitsFor.size());
  message.remove_suffix(kToBeActive.size());
  const std::vector<std::string> own = AssetNames(task.request);
  const std::vector<std::string> named = absl::StrSplit(absl::string_view(message.data(), message.size()), ", ");
  return std::all_of(named.begin(), named.end(),
                     [&own](const std::string& name) { return std::find(own.begin(), own.end(), name) != own.end(); });
}

}  // namespace seedance::engine
