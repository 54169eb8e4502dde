#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_

#include <string>

#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

// The JSON bodies that AnyFast takes, with their fields in the order of the vendor's own examples.
namespace seedance::upstream {

// The model that an asset of the type is billed under.
std::string BillingModel(model::MediaType type);
// `AIGC`, `LivenessFace`; empty for kUnspecified.
std::string GroupTypeWord(model::GroupType type);
// `Image`, `Video`, `Audio`.
std::string AssetTypeWord(model::MediaType type);

std::string CreateGroupBody(const NewGroup& group);
// `group_type` empty: not sent.
std::string ListGroupsBody(const GroupQuery& query, const std::string& group_type);
// As ListGroupsBody, for one id.
std::string FindGroupBody(const std::string& id, int page, int page_size, const std::string& group_type);
// With `asset.uri`; files go as multipart instead.
std::string CreateAssetBody(const NewAsset& asset);
std::string ListAssetsBody(const AssetQuery& query);
// `{"Id"}`: GetAsset, DeleteAsset, DeleteAssetGroup.
std::string IdBody(const std::string& id);
// `{"model","Id","Name"}`: UpdateAsset, UpdateAssetGroup.
std::string RenameBody(const std::string& id, const std::string& display_name);

// Text first, then the references in their order. Duration, resolution and sound, of which the bill depends, are said
// always, in place of the caller by the defaults of `profile`; other optional fields only where the caller set them.
std::string CreateTaskBody(const model::TaskRequest& task, const std::string& model,
                           const model::ModelProfile& profile);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_
