#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_REQUEST_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_REQUEST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/error.h"
#include "service/engine/dispatch/call_context.h"
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
  std::optional<int64_t> size_bytes;  // The announced length.
  std::string rights_note;
  std::string request_id;  // Empty: one is made.
  bool reuse_content = false;
  std::vector<base::FieldViolation> violations;  // As in CreateAssetParams.
};

// The first stage of a creation: what the caller asked for, whichever of the two methods it used. A creation passes
// through four stages, each made from the one before it, which it extends by what has become known:
//
//   AssetRequest -> CheckedAsset -> ReadAsset -> JournalledAsset
//
// A stage is used by one thread at a time.
//
// Tests: tests/unit/engine/assets/asset_creation_test.cc
struct AssetRequest {
  CallContext context;
  model::UpstreamHandle group_handle;
  std::string display_name;
  std::string rights_note;
  std::string file_name;                                         // Of an upload.
  model::MediaType given_type = model::MediaType::kUnspecified;  // kUnspecified: as the file shows.
  // Where the bytes come from: `stream` for an upload, else `uri` unless that is empty, else `inline_data`. Later
  // stages move `stream` and `inline_data` to where they say.
  std::string uri;
  std::string inline_data;
  std::shared_ptr<http::ByteSource> stream;  // Can be read once.
  std::optional<int64_t> declared_size;      // Length of `stream` as announced.
  bool is_upload = false;
  bool validate_only = false;
  bool validate_media = false;  // Only set for URLs: other bytes are validated anyway.
  bool reuse_content = false;
  std::string prefix;       // Of field paths in violations: empty, or `metadata.` for uploads.
  std::string bytes_field;  // The field that the bytes came in: `uri`, `inline_data` or `chunk`.
  std::vector<base::FieldViolation> violations;
  // Of the journal's row; the key's request id may be empty.
  model::JournalKey key;
  model::Fingerprint fingerprint;
};

AssetRequest RequestOf(const CallContext& context, const CreateAssetParams& params);
AssetRequest RequestOf(const CallContext& context, const UploadAssetParams& params,
                       std::shared_ptr<http::ByteSource> bytes);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_ASSET_REQUEST_H_
