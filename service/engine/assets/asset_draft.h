#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DRAFT_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DRAFT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/error.h"
#include "service/engine/dispatch/call_context.h"
#include "service/engine/dispatch/upstreams.h"
#include "service/engine/uploads/file_stager.h"
#include "service/engine/uploads/temp_file.h"
#include "service/engine/uploads/upload_source.h"
#include "service/http/http_transport.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"
#include "service/model/journal_entry.h"

namespace seedance::engine {

struct CreateAssetParams {
  model::UpstreamHandle group;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  std::string uri;  // URL, data URI or bare Base64; empty: `inline_data`.
  std::string inline_data;
  std::string rights_note;
  std::string request_id;  // Empty: one is made.
  bool validate_only = false;
  bool validate_media = false;
  bool reuse_content = false;
  // Rules that the caller saw broken (unreadable names and the like); reported together with the engine's.
  std::vector<base::FieldViolation> violations;
};

struct UploadAssetParams {
  model::UpstreamHandle group;
  std::string display_name;
  model::MediaType media_type = model::MediaType::kUnspecified;
  std::string file_name;
  std::optional<int64_t> size_bytes;
  std::string rights_note;
  std::string request_id;
  bool reuse_content = false;
  std::vector<base::FieldViolation> violations;
};

// One creation of an asset on its way. Used by one thread at a time.
//
// Tests: tests/unit/engine/assets/asset_creation_test.cc, tests/unit/engine/assets/asset_media_test.cc
struct AssetDraft {
  CallContext context;
  VendorAccount* account = nullptr;
  model::UpstreamHandle group_handle;
  model::AssetGroup group;
  std::string display_name;
  std::string rights_note;
  std::string file_name;                                         // Of an upload.
  model::MediaType media_type = model::MediaType::kUnspecified;  // As given; then what the file is.
  std::string uri;                                               // As given.
  // The bytes: of a URL none, else one of these.
  std::optional<std::string> memory;         // Inline, or decoded from `uri`.
  std::shared_ptr<http::ByteSource> stream;  // Of an upload; can be read once.
  std::optional<int64_t> declared_size;      // With `stream`.
  std::unique_ptr<UploadSource> upload;      // Reads `stream`.
  std::unique_ptr<TempFile> spool;           // `stream` at rest.
  model::MediaInfo info;                     // What is known of the file.
  bool validate_only = false;
  bool validate_media = false;
  bool reuse_content = false;
  std::string prefix;       // Of field paths.
  std::string bytes_field;  // The field that the bytes came in.
  std::vector<base::FieldViolation> violations;
  model::JournalEntry call;

  const model::AssetProfile& profile() const { return account->profile().assets; }
  MediaValidator MakeJudge() const { return {profile(), {bytes_field, prefix + "asset.media_type"}, media_type}; }
  // Whether the bytes leave this machine as they are being read from the caller.
  bool streams() const { return stream != nullptr && spool == nullptr; }
  // Whether the vendor gets `uri` as it is.
  bool sends_uri() const;
};

std::shared_ptr<AssetDraft> DraftOf(const CallContext& context, const CreateAssetParams& params);
std::shared_ptr<AssetDraft> DraftOf(const CallContext& context, const UploadAssetParams& params,
                                    std::shared_ptr<http::ByteSource> bytes);

// Decodes what is at hand and adds every rule to `violations` that can be judged without reading anything else.
// `plain_http`: http URLs are allowed.
void CheckAtHand(AssetDraft& draft, const FileStager& stager, bool plain_http);

// Takes over what the whole file showed.
void Describe(AssetDraft& draft, const MediaValidator& judge, int64_t size, std::string sha256);

// The asset that the draft would become.
model::Asset Preview(const AssetDraft& draft);
// The asset as it will be stored when the vendor takes it, but for id and times.
model::Asset IntentOf(const AssetDraft& draft);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_DRAFT_H_
