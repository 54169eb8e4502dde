#include "service/upstream/piapi/asset_report.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "service/http/url.h"
#include "service/upstream/json_time.h"
#include "service/upstream/piapi/error_table.h"
#include "service/upstream/piapi/vendor_error.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

using model::AssetState;
using model::MediaType;

struct AssetWord {
  std::string_view word;
  AssetState state;
};

constexpr AssetWord kAssetWords[] = {
    {"active", AssetState::kActive},      {"processing", AssetState::kProcessing},
    {"pending", AssetState::kProcessing}, {"uploading", AssetState::kProcessing},
    {"failed", AssetState::kFailed},      {"rejected", AssetState::kFailed},
    {"expired", AssetState::kExpired},    {"deleted", AssetState::kExpired},
};

AssetState ReadState(const std::string& status) {
  const std::string word = absl::AsciiStrToLower(status);
  for (const AssetWord& row : kAssetWords) {
    if (row.word == word) return row.state;
  }
  return AssetState::kUnspecified;
}

MediaType ReadType(const std::string& type) {
  const std::string word = absl::AsciiStrToLower(type);
  if (word == "image") return MediaType::kImage;
  if (word == "video") return MediaType::kVideo;
  if (word == "audio") return MediaType::kAudio;
  return MediaType::kUnspecified;
}

std::string AssetIdOf(const JsonNode& item) { return item.First({"asset_id", "id"}).Text(); }

}  // namespace

JsonNode PiApiAssetIn(const JsonNode& root) {
  if (!AssetIdOf(root).empty()) return root;
  for (const char* key : {"data", "asset"}) {
    if (root[key].IsObject()) return PiApiAssetIn(root[key]);
  }
  return root;
}

std::string ReadPiApiAssetId(const std::string& body) {
  const JsonNode root = JsonNode::Parse(body);
  const std::string id = AssetIdOf(PiApiAssetIn(root));
  // The answer to a batch of uploads, here of one.
  return id.empty() ? AssetIdOf(root["results"][0]) : id;
}

AssetReport ReadPiApiAsset(const JsonNode& item, const base::Secret& api_key) {
  AssetReport asset;
  asset.id = AssetIdOf(item);
  asset.display_name = BoundUtf8(item["name"].Text(), kMaxVendorName);
  asset.media_type = ReadType(item.First({"asset_type", "type"}).Text());
  asset.preview_uri = item["url"].Text();
  if (!http::IsLink(asset.preview_uri)) asset.preview_uri.clear();
  asset.create_time = ReadTime(item.First({"upload_at", "uploaded_at", "created_at"}));
  asset.update_time = ReadTime(item["updated_at"]);
  asset.expire_time = ReadTime(item["expires_at"]);
  asset.state = ReadState(item["status"].Text());
  if (asset.state == AssetState::kFailed) {
    const JsonNode error = item.First({"error", "error_message", "fail_reason", "reason"});
    asset.error = FailureOf(PiApiErrors(), Operation::kAssetEnd, PiApiPlainError(error), api_key);
  }
  return asset;
}

std::optional<PiApiAssetPage> ReadPiApiAssets(const std::string& body, const base::Secret& api_key) {
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode data = root["data"];
  const JsonNode holder = data.IsObject() ? data : root;
  JsonNode items = root.IsArray() ? root : holder.First({"items", "assets", "list", "data"});
  // An empty list may be written as null.
  const bool empty = holder["items"].exists() || holder["assets"].exists() || holder["total"].exists();
  if (!items.IsArray() && !empty) return std::nullopt;
  PiApiAssetPage page;
  for (size_t i = 0; i < items.size(); ++i) page.items.push_back(ReadPiApiAsset(items[i], api_key));
  page.total = holder.First({"total", "total_count"}).Integer();
  return page;
}

}  // namespace seedance::upstream
