#include "service/engine/assets/asset_request.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/engine/uploads/data_uri.h"

namespace seedance::engine {
namespace {

// Flags are part of a fingerprint only where they are set, so that calls that were journalled before there were any
// still match.
void AddFlag(const std::string& field, bool set, model::Fingerprint& fingerprint) {
  if (set) fingerprint.emplace_back(field, "1");
}

// As flags; hashed, because it is private.
void AddNote(const std::string& field, const std::string& note, model::Fingerprint& fingerprint) {
  if (!note.empty()) fingerprint.emplace_back(field, base::Sha256Hex(note));
}

// What both methods have under the same names.
template <typename Params>
AssetRequest CommonOf(const CallContext& context, const Params& params, const std::string& method) {
  AssetRequest request;
  request.context = context;
  request.group_handle = params.group;
  request.display_name = params.display_name;
  request.rights_note = params.rights_note;
  request.given_type = params.media_type;
  request.reuse_content = params.reuse_content;
  request.violations = params.violations;
  request.key = {context.tenant, method, absl::AsciiStrToLower(params.request_id)};
  return request;
}

}  // namespace

AssetRequest RequestOf(const CallContext& context, const CreateAssetParams& params) {
  AssetRequest request = CommonOf(context, params, "CreateAsset");
  request.validate_only = params.validate_only;
  request.validate_media = params.validate_media && IsUrl(params.uri);
  request.uri = params.uri;
  request.inline_data = params.inline_data;
  request.bytes_field = params.uri.empty() ? "inline_data" : "uri";
  request.fingerprint = {{"asset.asset_group", model::AssetGroupName(params.group)},
                         {"asset.display_name", params.display_name},
                         {"asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                         {"uri", base::Sha256Hex(params.uri)},
                         {"inline_data", base::Sha256Hex(params.inline_data)}};
  AddFlag("validate_media", params.validate_media, request.fingerprint);
  AddNote("asset.rights_note", params.rights_note, request.fingerprint);
  AddFlag("reuse_content", params.reuse_content, request.fingerprint);
  return request;
}

AssetRequest RequestOf(const CallContext& context, const UploadAssetParams& params,
                       std::shared_ptr<http::ByteSource> bytes) {
  AssetRequest request = CommonOf(context, params, "UploadAsset");
  request.is_upload = true;
  request.prefix = "metadata.";
  request.bytes_field = "chunk";
  request.file_name = params.file_name;
  request.stream = std::move(bytes);
  request.declared_size = params.size_bytes;
  request.fingerprint = {{"metadata.asset.asset_group", model::AssetGroupName(params.group)},
                         {"metadata.asset.display_name", params.display_name},
                         {"metadata.asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                         {"metadata.file_name", params.file_name},
                         {"metadata.size_bytes", absl::StrCat(params.size_bytes.value_or(0))}};
  AddNote("metadata.asset.rights_note", params.rights_note, request.fingerprint);
  AddFlag("metadata.reuse_content", params.reuse_content, request.fingerprint);
  return request;
}

}  // namespace seedance::engine
