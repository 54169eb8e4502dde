#include "service/engine/assets/checked_asset.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/engine/uploads/data_uri.h"
#include "service/engine/uploads/file_format.h"
#include "service/engine/uploads/upload_source.h"

namespace seedance::engine {
namespace {

using model::MediaType;

bool IsBroken(const CheckedAsset& asset, const std::string& field) {
  return std::any_of(asset.violations.begin(), asset.violations.end(),
                     [&field](const base::FieldViolation& violation) { return violation.field == field; });
}

void RequireMediaType(CheckedAsset& asset, const std::string& where) {
  if (asset.file.type != MediaType::kUnspecified) return;
  asset.violations.push_back({asset.prefix + "asset.media_type", "is required: it cannot be determined from " + where});
}

void CheckMemory(CheckedAsset& asset, const FileStager& stager) {
  MediaValidator validator = asset.MakeValidator();
  validator.Feed(*asset.memory);
  validator.Finish();
  const auto size = static_cast<int64_t>(asset.memory->size());
  for (base::FieldViolation& violation : validator.Violations(size)) asset.violations.push_back(std::move(violation));
  if (!asset.profile().bytes && !asset.sends_uri()) {
    if (auto refusal = stager.Refusal(asset.profile(), size, asset.bytes_field)) asset.violations.push_back(*refusal);
  }
  asset.file = FactsOf(validator, size, base::Sha256Hex(*asset.memory));
}

// A vendor that gets the text goes by what the text calls itself.
void CheckWord(const DataUri& data, CheckedAsset& asset) {
  if (data.said == MediaType::kUnspecified || !asset.sends_uri()) return;
  const std::string source = data.bare ? "bare Base64 counts as a " : "the data URI declares a ";
  if (asset.given_type != MediaType::kUnspecified && asset.given_type != data.said) {
    if (IsBroken(asset, "asset.media_type")) return;
    asset.violations.push_back(
        {"asset.media_type", absl::StrCat("must be that of the data: it is ", std::string(NameOf(asset.given_type)),
                                          ", but ", source, std::string(NameOf(data.said)))});
  } else if (asset.file.type != MediaType::kUnspecified && asset.file.type != data.said &&
             !IsBroken(asset, "asset.media_type")) {
    asset.violations.push_back({"uri", absl::StrCat("must match its content: ", source, std::string(NameOf(data.said)),
                                                    ", but the bytes are a ", std::string(NameOf(asset.file.type)))});
  }
}

void CheckText(CheckedAsset& asset, const FileStager& stager) {
  if (IsBroken(asset, "uri")) return;
  std::optional<DataUri> data = ParseDataUri(asset.uri);
  if (!data.has_value()) {
    asset.violations.push_back({"uri", "must be an https:// URL, a data URI or Base64; the Base64 is invalid"});
    return;
  }
  asset.memory = std::move(data->bytes);
  CheckMemory(asset, stager);
  CheckWord(*data, asset);
}

void CheckUrl(CheckedAsset& asset, bool plain_http) {
  if (IsPlainHttp(asset.uri) && !plain_http) asset.violations.push_back({"uri", "must begin with https://"});
  if (asset.validate_media) return;
  if (asset.file.type == MediaType::kUnspecified) asset.file.type = MediaTypeOfUrl(asset.uri);
  RequireMediaType(asset, "the URL");
}

void CheckDeclared(CheckedAsset& asset, const FileStager& stager) {
  if (!asset.declared_size.has_value()) return;
  const int64_t most = MaxBytes(asset.profile(), asset.given_type);
  if (*asset.declared_size > most) {
    asset.violations.push_back(DeclaredTooLong(*asset.declared_size, most));
  } else if (!asset.profile().bytes) {
    auto refusal = stager.Refusal(asset.profile(), *asset.declared_size, "metadata.size_bytes");
    if (refusal.has_value()) asset.violations.push_back(*refusal);
  }
}

}  // namespace

FileFacts FactsOf(const MediaValidator& validator, int64_t size, std::string sha256) {
  FileFacts facts{validator.type(), validator.info()};
  facts.info.size_bytes = size;
  facts.info.sha256 = std::move(sha256);
  return facts;
}

bool CheckedAsset::sends_uri() const {
  if (uri.empty()) return false;
  return IsUrl(uri) || profile().data_uris;
}

CheckedAsset CheckAtHand(AssetRequest request, VendorAccount& account, model::AssetGroup group,
                         const FileStager& stager, bool plain_http) {
  CheckedAsset asset(std::move(request), account, std::move(group));
  if (asset.is_upload) {
    CheckDeclared(asset, stager);
  } else if (asset.uri.empty()) {
    asset.memory = std::move(asset.inline_data);
    if (!asset.memory->empty() && !IsBroken(asset, "inline_data")) CheckMemory(asset, stager);
  } else if (IsUrl(asset.uri)) {
    CheckUrl(asset, plain_http);
  } else {
    CheckText(asset, stager);
  }
  return asset;
}

model::Asset Preview(const CheckedAsset& asset) {
  model::Asset preview;
  preview.handle.upstream = asset.group.handle.upstream;
  preview.tenant = asset.context.tenant;
  preview.group = asset.group.handle;
  preview.display_name = asset.display_name;
  preview.media_type = asset.file.type;
  preview.media_info = asset.file.info;
  preview.rights_note = asset.rights_note;
  return preview;
}

model::Asset IntentOf(const CheckedAsset& asset) {
  model::Asset intent = Preview(asset);
  intent.state = model::AssetState::kProcessing;
  if (IsUrl(asset.uri)) intent.source_uri = asset.uri;
  return intent;
}

model::AssetClaim ClaimOf(const CheckedAsset& asset) {
  model::AssetClaim claim = {asset.group.handle, asset.display_name};
  claim.most = asset.profile().library.max_assets;
  return claim;
}

model::JournalEntry EntryOf(const CheckedAsset& asset) {
  model::JournalEntry entry;
  entry.key = asset.key;
  entry.traceparent = asset.context.traceparent;
  entry.fingerprint = asset.fingerprint;
  entry.asset = IntentOf(asset);
  // A type that the caller left to be seen may be said the next time.
  if (asset.given_type == MediaType::kUnspecified && asset.file.type != MediaType::kUnspecified) {
    model::AddSame(asset.prefix + "asset.media_type", absl::StrCat(static_cast<int>(asset.file.type)),
                   entry.fingerprint);
  }
  entry.claim = ClaimOf(asset);
  return entry;
}

}  // namespace seedance::engine
