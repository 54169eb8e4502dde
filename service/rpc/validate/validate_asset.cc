#include "service/rpc/validate/validate_asset.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rpc/convert/convert_asset.h"
#include "service/rpc/convert/convert_group.h"
#include "service/rpc/validate/request_rules.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

constexpr size_t kMaxAssetName = 64;
constexpr size_t kMaxRightsNoteCharacters = 1000;
constexpr size_t kMaxInlineBytes = 3 << 20;
constexpr size_t kMaxChunkBytes = 1 << 20;
constexpr size_t kMaxFileNameBytes = 255;
constexpr int kMaxGroupsInFilter = 50;
constexpr int kMaxBatch = 50;
constexpr size_t kMaxBatchBytes = 4 << 20;

model::MediaType ReadMediaType(const std::string& field, v1::MediaType type, RequestRules& rules) {
  rules.Enum(field, v1::MediaType_IsValid(type), type);
  return v1::MediaType_IsValid(type) ? FromProto(type) : model::MediaType::kUnspecified;
}

// The fields of a new asset, for both ways of creation. `path` ends with a dot.
template <typename Params>
void ReadNewAsset(const std::string& path, const v1::Asset& asset, Params& params, RequestRules& rules) {
  params.group = rules.GroupName(path + "asset_group", asset.asset_group());
  rules.Name(path + "display_name", asset.display_name(), kMaxAssetName);
  params.display_name = asset.display_name();
  rules.Text(path + "rights_note", asset.rights_note(), kMaxRightsNoteCharacters);
  params.rights_note = asset.rights_note();
  params.media_type = ReadMediaType(path + "media_type", asset.media_type(), rules);
}

bool IsPlainHttp(const std::string& uri) { return absl::StartsWithIgnoreCase(uri.substr(0, 16), "http://"); }

// Without its bytes the content of a URL is unknown.
void CheckReuse(const v1::CreateAssetRequest& request, RequestRules& rules) {
  const bool url = IsPlainHttp(request.uri()) || absl::StartsWithIgnoreCase(request.uri().substr(0, 16), "https://");
  if (request.reuse_content() && url && !request.validate_media()) {
    rules.Add("reuse_content", "requires validate_media for an https uri: the gateway must read the file");
  }
}

void CheckSource(const v1::CreateAssetRequest& request, RequestRules& rules) {
  switch (request.source_case()) {
    case v1::CreateAssetRequest::kUri:
      // The engine decides whether plain http is allowed.
      rules.MediaUri("uri", IsPlainHttp(request.uri()) ? "https" + request.uri().substr(4) : request.uri());
      return;
    case v1::CreateAssetRequest::kInlineData:
      if (request.inline_data().empty() || request.inline_data().size() > kMaxInlineBytes) {
        rules.Add("inline_data", absl::StrCat("must have 1 byte to 3 MiB, has ", request.inline_data().size(),
                                              " bytes; use UploadAsset for more"));
      }
      return;
    case v1::CreateAssetRequest::SOURCE_NOT_SET:
      rules.Add("source", "is required: uri or inline_data");
  }
}

void CheckFileName(const std::string& name, RequestRules& rules) {
  if (name.size() > kMaxFileNameBytes || name.find('/') != std::string::npos) {
    rules.Add("metadata.file_name", absl::StrCat("must have 1 to ", kMaxFileNameBytes, " bytes without `/`"));
    return;
  }
  rules.Name("metadata.file_name", name, kMaxFileNameBytes);
}

}  // namespace

engine::CreateAssetParams ReadRequest(const v1::CreateAssetRequest& request) {
  RequestRules rules;
  engine::CreateAssetParams params;
  ReadNewAsset("asset.", request.asset(), params, rules);
  CheckSource(request, rules);
  CheckReuse(request, rules);
  rules.RequestId("request_id", request.request_id());
  params.uri = request.uri();
  params.inline_data = request.inline_data();
  params.request_id = request.request_id();
  params.validate_only = request.validate_only();
  params.validate_media = request.validate_media();
  params.reuse_content = request.reuse_content();
  params.violations = rules.Take();
  return params;
}

absl::StatusOr<std::vector<engine::CreateAssetParams>> ReadRequest(const v1::BatchCreateAssetsRequest& request) {
  RequestRules rules;
  if (request.requests().empty() || request.requests_size() > kMaxBatch) {
    rules.Add("requests", absl::StrCat("must have 1 to ", kMaxBatch, " requests, have ", request.requests_size()));
  }
  if (request.ByteSizeLong() > kMaxBatchBytes) {
    rules.Add("requests", absl::StrCat("must have at most 4 MiB together, have ", request.ByteSizeLong(), " bytes"));
  }
  if (!rules.ok()) return rules.ToStatus();
  std::vector<engine::CreateAssetParams> all;
  for (const v1::CreateAssetRequest& each : request.requests()) all.push_back(ReadRequest(each));
  return all;
}

engine::UploadAssetParams ReadMetadata(const v1::UploadAssetRequest::Metadata& metadata) {
  RequestRules rules;
  engine::UploadAssetParams params;
  ReadNewAsset("metadata.asset.", metadata.asset(), params, rules);
  CheckFileName(metadata.file_name(), rules);
  if (metadata.size_bytes() < 0) {
    rules.Add("metadata.size_bytes", absl::StrCat("must not be negative, is ", metadata.size_bytes()));
  }
  rules.RequestId("metadata.request_id", metadata.request_id());
  params.file_name = metadata.file_name();
  if (metadata.size_bytes() > 0) params.size_bytes = metadata.size_bytes();
  params.request_id = metadata.request_id();
  params.reuse_content = metadata.reuse_content();
  params.violations = rules.Take();
  return params;
}

absl::Status CheckChunk(const v1::UploadAssetRequest& request) {
  RequestRules rules;
  if (request.has_metadata()) {
    rules.Add("metadata", "is allowed in the first message only");
  } else if (!request.has_chunk()) {
    rules.Add("payload", "is required: a chunk");
  } else if (request.chunk().empty() || request.chunk().size() > kMaxChunkBytes) {
    rules.Add("chunk", absl::StrCat("must have 1 byte to 1 MiB, has ", request.chunk().size(), " bytes"));
  }
  return rules.ToStatus();
}

absl::StatusOr<model::UpstreamHandle> ReadRequest(const v1::GetAssetRequest& request) {
  RequestRules rules;
  model::UpstreamHandle handle = rules.AssetName("name", request.name());
  if (!rules.ok()) return rules.ToStatus();
  return handle;
}

std::string PageFilter(const v1::ListAssetsRequest& request) {
  v1::ListAssetsRequest filter = request;
  filter.clear_page_size();
  filter.clear_page_token();
  return FilterOf(filter);
}

absl::StatusOr<engine::ListAssetsParams> ReadRequest(const v1::ListAssetsRequest& request) {
  RequestRules rules;
  engine::ListAssetsParams params;
  if (request.asset_groups_size() > kMaxGroupsInFilter) {
    rules.Add("asset_groups",
              absl::StrCat("must have at most ", kMaxGroupsInFilter, " names, have ", request.asset_groups_size()));
  }
  for (int i = 0; i < request.asset_groups_size() && i < kMaxGroupsInFilter; ++i) {
    params.groups.push_back(rules.GroupName(absl::StrCat("asset_groups[", i, "]"), request.asset_groups(i)));
  }
  rules.Text("display_name_contains", request.display_name_contains(), kMaxAssetName);
  params.media_type = ReadMediaType("media_type", request.media_type(), rules);
  rules.Enum("group_type", v1::GroupType_IsValid(request.group_type()), request.group_type());
  rules.Enum("state", v1::Asset_State_IsValid(request.state()), request.state());
  params.page_size = rules.PageSize(request.page_size());
  params.after = rules.PageToken(request.page_token(), PageFilter(request));
  if (!rules.ok()) return rules.ToStatus();
  params.display_name_contains = request.display_name_contains();
  params.state = FromProto(request.state());
  params.group_type = FromProto(request.group_type());
  params.read_upstream = request.read_upstream();
  return params;
}

absl::StatusOr<engine::UpdateAssetParams> ReadRequest(const v1::UpdateAssetRequest& request) {
  RequestRules rules;
  engine::UpdateAssetParams params;
  const v1::Asset& asset = request.asset();
  params.handle = rules.AssetName("asset.name", asset.name());
  std::set<std::string> paths = rules.UpdateMask(request.update_mask(), {"display_name", "rights_note"});
  if (request.update_mask().paths().empty()) {
    if (!asset.rights_note().empty()) paths.insert("rights_note");
    if (!asset.display_name().empty() || paths.empty()) paths.insert("display_name");
  }
  if (paths.count("display_name") > 0) {
    rules.Name("asset.display_name", asset.display_name(), kMaxAssetName);
    params.display_name = asset.display_name();
  }
  if (paths.count("rights_note") > 0) {
    rules.Text("asset.rights_note", asset.rights_note(), kMaxRightsNoteCharacters);
    params.rights_note = asset.rights_note();
  }
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

absl::StatusOr<DeleteAssetParams> ReadRequest(const v1::DeleteAssetRequest& request) {
  RequestRules rules;
  DeleteAssetParams params;
  params.handle = rules.AssetName("name", request.name());
  params.allow_missing = request.allow_missing();
  rules.RequestId("request_id", request.request_id());
  if (!rules.ok()) return rules.ToStatus();
  return params;
}

absl::StatusOr<WatchAssetParams> ReadRequest(const v1::WatchAssetRequest& request) {
  RequestRules rules;
  WatchAssetParams params;
  params.handle = rules.AssetName("name", request.name());
  rules.ResumeToken(request.resume_token());
  if (!rules.ok()) return rules.ToStatus();
  params.resume_token = request.resume_token();
  return params;
}

absl::Status CheckRequest(const v1::GetLibraryUsageRequest& request) {
  RequestRules rules;
  rules.Upstream("upstream", request.upstream());
  return rules.ToStatus();
}

}  // namespace seedance::rpc
