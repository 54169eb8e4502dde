#include "service/engine/tasks/task_references.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/model/task_rules.h"

namespace seedance::engine {
namespace {

using model::Asset;
using model::AssetState;
using model::MediaType;
using model::ReferenceRole;

ReferenceRole UsualRole(MediaType type) {
  switch (type) {
    case MediaType::kVideo:
      return ReferenceRole::kReferenceVideo;
    case MediaType::kAudio:
      return ReferenceRole::kReferenceAudio;
    default:
      return ReferenceRole::kReferenceImage;
  }
}

const char* NameOf(MediaType type) {
  switch (type) {
    case MediaType::kVideo:
      return "VIDEO";
    case MediaType::kAudio:
      return "AUDIO";
    default:
      return "IMAGE";
  }
}

// Whether a task with this asset, which is not ACTIVE, may wait for it.
bool MayWaitFor(const Asset& asset, const model::TaskRequest& request) {
  if (asset.state == AssetState::kProcessing) {
    return request.wait_for_assets || (request.recreate_expired_assets && asset.recreations > 0);
  }
  // The vendor may still have it, even if its bytes came without a URL.
  return asset.state == AssetState::kExpired && request.recreate_expired_assets;
}

// What the caller can do about it.
std::string Advice(const Asset& asset) {
  if (asset.state == AssetState::kProcessing) return "; with wait_for_assets the task waits for it";
  if (asset.state != AssetState::kExpired) return asset.error.message.empty() ? "" : ": " + asset.error.message;
  return asset.source_uri.empty() ? "; it was created from bytes, so it cannot be re-created"
                                  : "; with recreate_expired_assets it is re-created";
}

absl::Status NotReady(const Asset& asset, const std::string& field) {
  const std::string state(model::AssetStateName(asset.state));
  base::ErrorDetail detail;
  detail.reason = base::Reason::kAssetNotReady;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.Asset", asset.name()};
  detail.metadata = {{"field", field}, {"state", state}};
  return base::MakeError(absl::StrCat(field, ": ", asset.name(), " must be ACTIVE, is ", state, Advice(asset)), detail);
}

void Judge(const Asset& asset, const std::string& field, const model::TaskRequest& request,
           ResolvedReferences& resolved) {
  if (asset.state == AssetState::kActive) return;
  if (!MayWaitFor(asset, request)) return resolved.problem.Update(NotReady(asset, field));
  std::vector<std::string>& names = resolved.waits_for;
  if (std::find(names.begin(), names.end(), asset.name()) == names.end()) names.push_back(asset.name());
}

}  // namespace

absl::Status AtReference(const absl::Status& status, size_t index) {
  if (!absl::IsNotFound(status)) return status;
  base::ErrorDetail detail = base::GetErrorDetail(status);
  detail.metadata["field"] = absl::StrCat("generation_task.references[", index, "].asset");
  return base::MakeError(absl::StrCat(detail.metadata["field"], ": ", std::string(status.message())), detail);
}

ResolvedReferences ResolveReferences(const std::string& upstream,
                                     absl::FunctionRef<absl::StatusOr<Asset>(const model::UpstreamHandle&)> find,
                                     model::TaskRequest& request) {
  ResolvedReferences resolved;
  resolved.media.resize(request.references.size());
  for (size_t i = 0; i < request.references.size(); ++i) {
    model::Reference& reference = request.references[i];
    // Without an id the name could not be read, which is a violation already.
    if (!reference.asset.has_value() || reference.asset->id.empty()) continue;
    const std::string field = absl::StrCat("generation_task.references[", i, "]");
    if (reference.asset->upstream != upstream) {
      resolved.violations.push_back({field + ".asset", absl::StrCat("must be at the task's upstream ", upstream,
                                                                    ", is at ", reference.asset->upstream)});
      continue;
    }
    const absl::StatusOr<Asset> asset = find(*reference.asset);
    if (!asset.ok()) {
      resolved.problem.Update(AtReference(asset.status(), i));
      continue;
    }
    Judge(*asset, field + ".asset", request, resolved);
    if (reference.role == ReferenceRole::kUnspecified) reference.role = UsualRole(asset->media_type);
    const MediaType needed = model::MediaTypeOf(reference.role);
    if (needed == asset->media_type || asset->media_type == MediaType::kUnspecified) {
      resolved.media[i] = asset->media_info;
    } else {
      resolved.violations.push_back({field + ".role", absl::StrCat("needs an asset of type ", NameOf(needed), "; ",
                                                                   asset->name(), " is ", NameOf(asset->media_type))});
    }
  }
  return resolved;
}

}  // namespace seedance::engine
