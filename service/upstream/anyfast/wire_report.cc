#include "service/upstream/anyfast/wire_report.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/http/url.h"
#include "service/model/names.h"
#include "service/upstream/anyfast/error_table.h"
#include "service/upstream/anyfast/vendor_error.h"
#include "service/upstream/anyfast/wire_request.h"
#include "service/upstream/json_time.h"
#include "service/upstream/vendor_client.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

using model::AssetState;
using model::MediaType;

MediaType ReadMediaType(const std::string& word) {
  const std::string lower = absl::AsciiStrToLower(word);
  if (lower == "image") return MediaType::kImage;
  if (lower == "video") return MediaType::kVideo;
  if (lower == "audio") return MediaType::kAudio;
  return MediaType::kUnspecified;
}

model::GroupType ReadGroupType(const std::string& word) {
  for (const model::GroupType type : {model::GroupType::kAigc, model::GroupType::kLivenessFace}) {
    if (absl::EqualsIgnoreCase(word, GroupTypeWord(type))) return type;
  }
  return model::GroupType::kUnspecified;
}

struct AssetWord {
  std::string_view word;
  AssetState state;
};

constexpr AssetWord kAssetWords[] = {
    {"active", AssetState::kActive},
    {"processing", AssetState::kProcessing},
    {"pending", AssetState::kProcessing},
    {"creating", AssetState::kProcessing},
    // The vendor's documentation uses it for everything that is not Active; without an error it counts as processing.
    {"inactive", AssetState::kProcessing},
    {"failed", AssetState::kFailed},
    {"expired", AssetState::kExpired},
    {"deleted", AssetState::kExpired},
};

AssetState ReadAssetState(const std::string& word) {
  const std::string lower = absl::AsciiStrToLower(word);
  for (const AssetWord& row : kAssetWords) {
    if (row.word == lower) return row.state;
  }
  return AssetState::kUnspecified;
}

// Position after `[u-...]` or `[t-...]` at `at`; otherwise `at`.
size_t SkipTag(const std::string& name, size_t at, const char* tag) {
  if (name.compare(at, 3, tag) != 0) return at;
  const size_t end = name.find(']', at);
  return end == std::string::npos ? at : end + 1;
}

}  // namespace

bool SaysSuccess(const JsonNode& root) {
  const std::string code = root["code"].Text();
  return code.empty() || absl::EqualsIgnoreCase(code, "success") || code == "0" || code == "200";
}

JsonNode UnwrapAnswer(const std::string& body) {
  const JsonNode root = JsonNode::Parse(body);
  if (!root.First({"Id", "id", "Items"}).exists()) {
    const JsonNode inner = root.First({"Result", "result", "data"});
    if (inner.IsObject()) return inner;
  }
  return root;
}

std::string ReadId(const JsonNode& answer) {
  for (const char* key : {"Id", "id", "task_id"}) {
    if (std::string id = answer[key].Text(); model::IsUpstreamId(id)) return id;
  }
  // An unusable id is reported to the operator.
  return answer.First({"Id", "id", "task_id"}).Text();
}

std::string ReadCreatedId(const std::string& body) {
  if (std::string id = ReadId(UnwrapAnswer(body)); !id.empty()) return id;
  // Older releases of new-api put the id itself into the envelope.
  const JsonNode root = JsonNode::Parse(body);
  const bool success =
      SaysSuccess(root) && root["success"].Truth() != false && !root.First({"error", "Error"}).exists();
  return success && IsBareId(root["data"]) ? root["data"].Text() : "";
}

GroupReport ReadGroup(const JsonNode& item) {
  GroupReport group;
  group.id = ReadId(item);
  group.display_name = BoundUtf8(StripIsolationPrefix(item.First({"Name", "name"}).Text()), kMaxVendorName);
  group.description = BoundUtf8(item.First({"Description", "description"}).Text(), kMaxVendorDescription);
  group.type = ReadGroupType(item.First({"GroupType", "group_type"}).Text());
  group.create_time = ReadTime(item.First({"CreateTime", "create_time"}));
  group.update_time = ReadTime(item.First({"UpdateTime", "update_time"}));
  return group;
}

AssetReport ReadAsset(const JsonNode& item, const base::Secret& api_key) {
  AssetReport asset;
  asset.id = ReadId(item);
  asset.group_id = item.First({"GroupId", "group_id"}).Text();
  if (!model::IsUpstreamId(asset.group_id)) asset.group_id.clear();
  asset.display_name = BoundUtf8(item.First({"Name", "name"}).Text(), kMaxVendorName);
  asset.media_type = ReadMediaType(item.First({"AssetType", "asset_type"}).Text());
  asset.preview_uri = item.First({"URL", "Url", "url"}).Text();
  if (!http::IsLink(asset.preview_uri)) asset.preview_uri.clear();
  asset.create_time = ReadTime(item.First({"CreateTime", "create_time"}));
  asset.update_time = ReadTime(item.First({"UpdateTime", "update_time"}));
  const std::string word = item.First({"Status", "status"}).Text();
  asset.state = ReadAssetState(word);
  const JsonNode error = item.First({"Error", "error"});
  VendorError said = error.IsText() ? ParseVendorText(error.Text()) : ReadVendorError(error);
  const bool inactive = absl::EqualsIgnoreCase(word, "inactive");
  if (said.recognised && inactive) asset.state = AssetState::kFailed;
  if (asset.state == AssetState::kFailed) asset.error = FailureOf(AnyFastErrors(), Operation::kAssetEnd, said, api_key);
  return asset;
}

bool MorePages(const JsonNode& answer, int page, int asked) {
  const auto items = static_cast<int64_t>(answer.First({"Items", "items"}).size());
  if (items == 0) return false;
  const std::optional<int64_t> total = answer.First({"TotalCount", "total"}).Integer();
  // Without a total, another page may follow a full one.
  if (!total.has_value()) return items >= asked;
  // The vendor may return smaller pages than requested.
  const int64_t size = answer.First({"PageSize", "page_size"}).Integer().value_or(asked);
  return page * std::max<int64_t>(size, 1) < *total;
}

std::string StripIsolationPrefix(const std::string& name) {
  size_t at = SkipTag(name, 0, "[u-");
  if (at == 0) return name;
  if (at < name.size() && name[at] == '-') ++at;
  const size_t end = SkipTag(name, at, "[t-");
  if (end == at) return name;
  at = end;
  if (at < name.size() && (name[at] == '-' || name[at] == '_' || name[at] == ' ')) ++at;
  return name.substr(at);
}

}  // namespace seedance::upstream
