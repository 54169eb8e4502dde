#include "tests/sandbox/piapi/assets.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/piapi/errors.h"
#include "tests/sandbox/piapi/words.h"
#include "tests/sandbox/world/asset_words.h"
#include "tests/sandbox/world/inline_media.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

constexpr char kBillingModel[] = "piapi-asset";
constexpr int64_t kPiApiPage = 1000;

constexpr std::array<std::pair<const char*, MediaKind>, 13> kSuffixes = {{
    {"jpeg", MediaKind::kImage},
    {"jpg", MediaKind::kImage},
    {"png", MediaKind::kImage},
    {"webp", MediaKind::kImage},
    {"bmp", MediaKind::kImage},
    {"tiff", MediaKind::kImage},
    {"gif", MediaKind::kImage},
    {"heic", MediaKind::kImage},
    {"heif", MediaKind::kImage},
    {"mp4", MediaKind::kVideo},
    {"mov", MediaKind::kVideo},
    {"mp3", MediaKind::kAudio},
    {"wav", MediaKind::kAudio},
}};

ApiReply NoSuchAsset(const std::string& id) { return PiApiError(404, absl::StrCat("asset ", id, " not found")); }

// The last segment of the URL's path.
std::string FileOfUrl(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

std::optional<MediaKind> KindOfType(const std::string& type) {
  for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kAudio}) {
    if (KindWord(kind) == type) return kind;
  }
  return std::nullopt;
}

std::optional<MediaKind> KindOfSuffix(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string suffix = absl::AsciiStrToLower(name.substr(dot + 1));
  for (const auto& [known, kind] : kSuffixes) {
    if (suffix == known) return kind;
  }
  return std::nullopt;
}

// Reads the request of one asset; a text when it is refused.
std::string ReadAsset(const Json& body, Asset& asset) {
  asset.source_url = TextOf(body, "url");
  if (asset.source_url.empty()) return "url is required";
  if (!IsWebUrl(asset.source_url)) return "url must be a public http(s) URL";
  const std::string file = FileOfUrl(asset.source_url);
  asset.name = TextOf(body, "name");
  if (asset.name.empty()) asset.name = file;
  const std::string type = TextOf(body, "asset_type");
  const std::optional<MediaKind> kind = type.empty() ? KindOfSuffix(file) : KindOfType(type);
  if (!kind.has_value()) {
    return type.empty() ? "asset_type cannot be told from the url" : "asset_type must be Image, Video or Audio";
  }
  asset.kind = *kind;
  return "";
}

// A number in the query; `otherwise` for anything else.
}  // namespace

ApiReply PiApiAssets::Upload(const std::string& key, const ApiCall& call) {
  const Json body = Json::parse(call.body, nullptr, false);
  if (body.is_array()) return UploadBatch(key, body);
  if (!body.is_object()) return PiApiError(400, "the body is no JSON object");
  if (const Json* assets = Find(body, "assets")) return UploadBatch(key, *assets);
  const auto added = Add(key, body);
  if (const auto* refused = std::get_if<Refused>(&added)) return PiApiError(refused->status, refused->message);
  const ManagedAsset& managed = std::get<ManagedAsset>(added);
  return JsonReply(200, {{"asset_id", managed.asset.id},
                         {"status", StatusOf(managed.asset)},
                         {"upload_at", Rfc3339(managed.asset.created)},
                         {"expires_at", Rfc3339(managed.expires)}});
}

ApiReply PiApiAssets::UploadBatch(const std::string& key, const Json& assets) {
  if (!assets.is_array() || assets.empty()) return PiApiError(400, "assets must be a list that is not empty");
  Json results = Json::array();
  int64_t failed = 0;
  for (const Json& body : assets) {
    const auto added = Add(key, body);
    if (const auto* refused = std::get_if<Refused>(&added)) {
      results.push_back({{"error", refused->message}});
      ++failed;
    } else {
      const Asset& asset = std::get<ManagedAsset>(added).asset;
      results.push_back({{"asset_id", asset.id}, {"status", StatusOf(asset)}});
    }
  }
  const auto total = static_cast<int64_t>(assets.size());
  return JsonReply(200, {{"total", total}, {"success", total - failed}, {"failed", failed}, {"results", results}});
}

std::variant<ManagedAsset, PiApiAssets::Refused> PiApiAssets::Add(const std::string& key, const Json& body) {
  Asset asset;
  if (const std::string broken = ReadAsset(body, asset); !broken.empty()) return Refused{400, broken};
  const absl::Time now = shared_.clock.Now();
  asset.id = shared_.ids.Dated("asset", now);
  asset.key = key;
  asset.model = kBillingModel;
  asset.created = asset.updated = now;
  asset.fetching = shared_.options.fetch_urls;
  ApplyAssetWords(shared_.options.asset_time, asset);
  const PiApiOptions& options = shared_.options.piapi;
  if (!shared_.library.Add(asset)) {
    return Refused{options.quota_status,
                   absl::StrCat("asset quota exceeded: the plan allows ", options.AssetQuota(), " managed assets")};
  }
  shared_.ledger.Bill({0, key, "CreateAsset", kBillingModel, asset.id, now});
  if (asset.fetching) {
    shared_.fetcher.Fetch(asset.source_url, [shared = shared_, id = asset.id](const std::optional<UploadedFile>& file) {
      shared.library.FinishFetch(id, [&](Asset& fetched) { TakeFetched(file, shared.options.strict_media, fetched); });
    });
  }
  return ManagedAsset{asset, now, now + options.AssetTtl()};
}

// The status filter compares the word as it is shown.
ApiReply PiApiAssets::List(const std::string& key, const ApiCall& call) {
  const std::string status = call.Query("status");
  std::vector<Json> found;
  for (const ManagedAsset& managed : shared_.library.UseAll(key, shared_.clock.Now())) {
    if (status.empty() || status == StatusOf(managed.asset)) found.push_back(AssetJson(managed));
  }
  const auto total = static_cast<int64_t>(found.size());
  const int64_t page = call.QueryNumber("page", 1);
  const int64_t size = std::min(call.QueryNumber("page_size", kPiApiPage), kPiApiPage);
  Json items = Json::array();
  // The page number is the caller's, so the product could overflow.
  const int64_t first = page > total ? total : (page - 1) * size;
  for (int64_t i = first; i < std::min(total, first + size); ++i) {
    items.push_back(std::move(found[static_cast<size_t>(i)]));
  }
  return JsonReply(200, {{"items", items}, {"total", total}, {"page", page}, {"page_size", size}});
}

ApiReply PiApiAssets::Get(const std::string& key, const std::string& id) {
  const std::optional<ManagedAsset> managed = shared_.library.Use(key, id, shared_.clock.Now());
  return managed.has_value() ? JsonReply(200, AssetJson(*managed)) : NoSuchAsset(id);
}

ApiReply PiApiAssets::Delete(const std::string& key, const std::string& id) {
  if (!shared_.library.Delete(key, id, shared_.clock.Now())) return NoSuchAsset(id);
  return JsonReply(200, {{"asset_id", id}, {"deleted", true}});
}

std::string PiApiAssets::StatusOf(const Asset& asset) {
  return Cased(AssetStatus(asset, shared_.clock.Now()), asset.id, shared_.options.piapi.word_case);
}

Json PiApiAssets::AssetJson(const ManagedAsset& managed) {
  const Asset& asset = managed.asset;
  Json json = {{"asset_id", asset.id},
               {"name", asset.name},
               {"asset_type", KindWord(asset.kind)},
               {"url", asset.source_url},
               {"status", StatusOf(asset)},
               {"upload_at", Rfc3339(asset.created)},
               {"last_used_at", Rfc3339(managed.last_used)},
               {"expires_at", Rfc3339(managed.expires)}};
  if (AssetStatus(asset, shared_.clock.Now()) == "Failed") {
    json["error"] = absl::StrCat(asset.failure_code, ": the asset was refused");
  }
  return json;
}

}  // namespace seedance::sandbox
