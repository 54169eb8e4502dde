#include "service/engine/assets/asset_draft.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/engine/uploads/data_uri.h"
#include "service/engine/uploads/file_format.h"

namespace seedance::engine {
namespace {

using model::MediaType;

// Flags are part of a fingerprint only where they are set, so that calls that were journalled before there were any
// still match.
void AddFlag(const std::string& field, bool set, model::Fingerprint& fingerprint) {
  if (set) fingerprint.emplace_back(field, "1");
}

// As flags; hashed, because it is private.
void AddNote(const std::string& field, const std::string& note, model::Fingerprint& fingerprint) {
  if (!note.empty()) fingerprint.emplace_back(field, base::Sha256Hex(note));
}

bool IsBroken(const AssetDraft& draft, const std::string& field) {
  return std::any_of(draft.violations.begin(), draft.violations.end(),
                     [&field](const base::FieldViolation& violation) { return violation.field == field; });
}

void Append(std::vector<base::FieldViolation> more, AssetDraft& draft) {
  for (base::FieldViolation& violation : more) draft.violations.push_back(std::move(violation));
}

void RequireMediaType(AssetDraft& draft, const std::string& where) {
  if (draft.media_type != MediaType::kUnspecified) return;
  draft.violations.push_back({draft.prefix + "asset.media_type", "is required: it cannot be determined from " + where});
}

void CheckMemory(AssetDraft& draft, const FileStager& stager) {
  MediaValidator judge = draft.MakeJudge();
  judge.Feed(*draft.memory);
  judge.Finish();
  const auto size = static_cast<int64_t>(draft.memory->size());
  Append(judge.Violations(size), draft);
  if (!draft.profile().bytes && !draft.sends_uri()) {
    if (auto refusal = stager.Refusal(draft.profile(), size, draft.bytes_field)) draft.violations.push_back(*refusal);
  }
  Describe(draft, judge, size, base::Sha256Hex(*draft.memory));
}

// A vendor that gets the text goes by what the text calls itself.
void CheckWord(const DataUri& data, MediaType given, AssetDraft& draft) {
  if (data.said == MediaType::kUnspecified || !draft.sends_uri()) return;
  const std::string source = data.bare ? "bare Base64 counts as a " : "the data URI declares a ";
  if (given != MediaType::kUnspecified && given != data.said) {
    if (IsBroken(draft, "asset.media_type")) return;
    draft.violations.push_back(
        {"asset.media_type", absl::StrCat("must be that of the data: it is ", std::string(NameOf(given)), ", but ",
                                          source, std::string(NameOf(data.said)))});
  } else if (draft.media_type != MediaType::kUnspecified && draft.media_type != data.said &&
             !IsBroken(draft, "asset.media_type")) {
    draft.violations.push_back({"uri", absl::StrCat("must match its content: ", source, std::string(NameOf(data.said)),
                                                    ", but the bytes are a ", std::string(NameOf(draft.media_type)))});
  }
}

void CheckText(AssetDraft& draft, const FileStager& stager) {
  if (IsBroken(draft, "uri")) return;
  std::optional<DataUri> data = ParseDataUri(draft.uri);
  if (!data.has_value()) {
    draft.violations.push_back({"uri", "must be an https:// URL, a data URI or Base64; the Base64 is invalid"});
    return;
  }
  const MediaType given = draft.media_type;
  draft.memory = std::move(data->bytes);
  CheckMemory(draft, stager);
  CheckWord(*data, given, draft);
}

void CheckUrl(AssetDraft& draft, bool plain_http) {
  if (IsPlainHttp(draft.uri) && !plain_http) draft.violations.push_back({"uri", "must begin with https://"});
  if (draft.validate_media) return;
  if (draft.media_type == MediaType::kUnspecified) draft.media_type = MediaTypeOfUrl(draft.uri);
  RequireMediaType(draft, "the URL");
}

void CheckDeclared(AssetDraft& draft, const FileStager& stager) {
  if (!draft.declared_size.has_value()) return;
  const int64_t most = MaxBytes(draft.profile(), draft.media_type);
  if (*draft.declared_size > most) {
    draft.violations.push_back(DeclaredTooLong(*draft.declared_size, most));
  } else if (!draft.profile().bytes) {
    auto refusal = stager.Refusal(draft.profile(), *draft.declared_size, "metadata.size_bytes");
    if (refusal.has_value()) draft.violations.push_back(*refusal);
  }
}

}  // namespace

bool AssetDraft::sends_uri() const {
  if (uri.empty()) return false;
  return IsUrl(uri) || profile().data_uris;
}

std::shared_ptr<AssetDraft> DraftOf(const CallContext& context, const CreateAssetParams& params) {
  auto draft = std::make_shared<AssetDraft>();
  draft->context = context;
  draft->group_handle = params.group;
  draft->violations = params.violations;
  draft->validate_only = params.validate_only;
  draft->validate_media = params.validate_media && IsUrl(params.uri);
  draft->reuse_content = params.reuse_content;
  draft->display_name = params.display_name;
  draft->rights_note = params.rights_note;
  draft->media_type = params.media_type;
  draft->uri = params.uri;
  draft->bytes_field = params.uri.empty() ? "inline_data" : "uri";
  if (params.uri.empty()) draft->memory = params.inline_data;
  draft->call.key = {context.tenant, "CreateAsset", absl::AsciiStrToLower(params.request_id)};
  draft->call.fingerprint = {{"asset.asset_group", model::AssetGroupName(params.group)},
                             {"asset.display_name", params.display_name},
                             {"asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                             {"uri", base::Sha256Hex(params.uri)},
                             {"inline_data", base::Sha256Hex(params.inline_data)}};
  AddFlag("validate_media", params.validate_media, draft->call.fingerprint);
  AddNote("asset.rights_note", params.rights_note, draft->call.fingerprint);
  AddFlag("reuse_content", params.reuse_content, draft->call.fingerprint);
  return draft;
}

std::shared_ptr<AssetDraft> DraftOf(const CallContext& context, const UploadAssetParams& params,
                                    std::shared_ptr<http::ByteSource> bytes) {
  auto draft = std::make_shared<AssetDraft>();
  draft->context = context;
  draft->group_handle = params.group;
  draft->violations = params.violations;
  draft->reuse_content = params.reuse_content;
  draft->prefix = "metadata.";
  draft->bytes_field = "chunk";
  draft->display_name = params.display_name;
  draft->rights_note = params.rights_note;
  draft->media_type = params.media_type;
  draft->file_name = params.file_name;
  draft->stream = std::move(bytes);
  draft->declared_size = params.size_bytes;
  draft->call.key = {context.tenant, "UploadAsset", absl::AsciiStrToLower(params.request_id)};
  draft->call.fingerprint = {{"metadata.asset.asset_group", model::AssetGroupName(params.group)},
                             {"metadata.asset.display_name", params.display_name},
                             {"metadata.asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                             {"metadata.file_name", params.file_name},
                             {"metadata.size_bytes", absl::StrCat(params.size_bytes.value_or(0))}};
  AddNote("metadata.asset.rights_note", params.rights_note, draft->call.fingerprint);
  AddFlag("metadata.reuse_content", params.reuse_content, draft->call.fingerprint);
  return draft;
}

void CheckAtHand(AssetDraft& draft, const FileStager& stager, bool plain_http) {
  if (draft.stream != nullptr) return CheckDeclared(draft, stager);
  if (draft.uri.empty()) {
    if (!draft.memory->empty() && !IsBroken(draft, "inline_data")) CheckMemory(draft, stager);
  } else if (IsUrl(draft.uri)) {
    CheckUrl(draft, plain_http);
  } else {
    CheckText(draft, stager);
  }
}

void Describe(AssetDraft& draft, const MediaValidator& judge, int64_t size, std::string sha256) {
  draft.media_type = judge.type();
  draft.info = judge.info();
  draft.info.size_bytes = size;
  draft.info.sha256 = std::move(sha256);
}

model::Asset Preview(const AssetDraft& draft) {
  model::Asset asset;
  asset.handle.upstream = draft.group.handle.upstream;
  asset.tenant = draft.context.tenant;
  asset.group = draft.group.handle;
  asset.display_name = draft.display_name;
  asset.media_type = draft.media_type;
  asset.media_info = draft.info;
  asset.rights_note = draft.rights_note;
  return asset;
}

model::Asset IntentOf(const AssetDraft& draft) {
  model::Asset asset = Preview(draft);
  asset.state = model::AssetState::kProcessing;
  if (IsUrl(draft.uri)) asset.source_uri = draft.uri;
  return asset;
}

}  // namespace seedance::engine
