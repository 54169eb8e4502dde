#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_

#include <string>

#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

// JSON bodies of requests to AnyFast, with the fields in the order of the vendor's examples.
//
// Tests: tests/unit/upstream/anyfast/wire_test.cc
namespace seedance::upstream {

// The model under which an asset of the type is billed.
std::string BillingModel(model::MediaType type);
// The vendor's name of the group type: `AIGC`, `LivenessFace`; empty for kUnspecified.
std::string GroupTypeWord(model::GroupType type);
// The vendor's name of the media type: `Image`, `Video`, `Audio`.
std::string AssetTypeWord(model::MediaType type);

// Body of CreateAssetGroup.
std::string CreateGroupBody(const NewGroup& group);
// Body of ListAssetGroups. `group_type` empty: not sent.
std::string ListGroupsBody(const GroupQuery& query, const std::string& group_type);
// The same for a single id.
std::string FindGroupBody(const std::string& id, int page, int page_size, const std::string& group_type);
// Body of CreateAsset with `asset.uri`; files are sent as multipart instead.
std::string CreateAssetBody(const NewAsset& asset);
// Body of ListAssets.
std::string ListAssetsBody(const AssetQuery& query);
// `{"Id"}`, for GetAsset, DeleteAsset and DeleteAssetGroup.
std::string IdBody(const std::string& id);
// `{"model","Id","Name"}`, for UpdateAsset and UpdateAssetGroup.
std::string RenameBody(const std::string& id, const std::string& display_name);

// Body of a task: the prompt, then the references in their order. Duration, resolution and sound, which the bill
// depends on, are always explicit, by the defaults of `profile` where the caller sets none; other optional fields only
// where the caller sets them.
std::string CreateTaskBody(const model::TaskRequest& task, const std::string& model,
                           const model::ModelProfile& profile);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_WIRE_REQUEST_H_
