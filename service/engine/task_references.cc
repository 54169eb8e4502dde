#include "service/engine/task_references.h"

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

using model::MediaType;
using model::ReferenceRole;

MediaType MediaTypeOf(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::kReferenceVideo:
      return MediaType::kVideo;
    case ReferenceRole::kReferenceAudio:
      return MediaType::kAudio;
    default:
      return MediaType::kImage;
  }
}

ReferenceRole RoleOf(MediaType type) {
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

absl::Status NotReady(const model::Asset& asset, const std::string& field) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kAssetNotReady;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.Asset", asset.name()};
  detail.metadata = {{"field", field}, {"state", std::string(model::AssetStateName(asset.state))}};
  return base::MakeError(
      absl::StrCat(field, ": ", asset.name(), " must be ACTIVE, is ", std::string(model::AssetStateName(asset.state))),
      detail);
}

}  // namespace

ResolvedReferences ResolveReferences(const std::string& upstream,
                                     absl::FunctionRef<absl::StatusOr<model::Asset>(const model::UpstreamHandle&)> find,
                                     std::vector<model::Reference>& references) {
  ResolvedReferences resolved;
  for (size_t i = 0; i < references.size(); ++i) {
    model::Reference& reference = references[i];
    // Without an id the name could not be read, which is a violation already.
    if (!reference.asset.has_value() || reference.asset->id.empty()) continue;
    const std::string field = absl::StrCat("generation_task.references[", i, "]");
    if (reference.asset->upstream != upstream) {
      resolved.violations.push_back({field + ".asset", absl::StrCat("must be at the task's upstream ", upstream,
                                                                    ", is at ", reference.asset->upstream)});
      continue;
    }
    absl::StatusOr<model::Asset> asset = find(*reference.asset);
    if (!asset.ok()) {
      resolved.problem.Update(asset.status());
      continue;
    }
    if (asset->state != model::AssetState::kActive) resolved.problem.Update(NotReady(*asset, field + ".asset"));
    if (reference.role == ReferenceRole::kUnspecified) reference.role = RoleOf(asset->media_type);
    if (MediaTypeOf(reference.role) != asset->media_type && asset->media_type != MediaType::kUnspecified) {
      resolved.violations.push_back(
          {field + ".role", absl::StrCat("needs an asset of type ", NameOf(MediaTypeOf(reference.role)), "; ",
                                         asset->name(), " is ", NameOf(asset->media_type))});
    }
  }
  return resolved;
}

}  // namespace seedance::engine
