#include "tests/sandbox/piapi/control.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {

Json ControlAssetJson(const Asset& asset, absl::Time now) {
  return {{"id", asset.id},
          {"key", asset.key},
          {"group", asset.group},
          {"name", asset.name},
          {"type", KindWord(asset.kind)},
          {"model", asset.model},
          {"status", AssetStatus(asset, now)},
          {"failure_code", asset.failure_code},
          {"source_url", asset.source_url},
          {"size", asset.size},
          {"sha256", asset.sha256},
          {"create_time", UnixSeconds(asset.created)}};
}

Json PiApiControl::Accounts() {
  const absl::Time now = shared_.clock.Now();
  Json accounts = Json::array();
  for (const std::string& key : shared_.options.AcceptedKeys()) {
    const std::optional<int64_t> points = shared_.account.Points(key, now);
    accounts.push_back({{"key", key},
                        {"points", points.has_value() ? Json(*points) : Json()},
                        {"active_tasks", shared_.account.ActiveTasks(key, now)},
                        {"managed_assets", shared_.library.Counted(key, now)},
                        {"ephemeral_assets", shared_.library.Ephemeral(key, now)}});
  }
  return {{"accounts", accounts}};
}

absl::StatusOr<Json> PiApiControl::SetPoints(const Json& body) {
  const int64_t points = IntOf(body, "points", -1);
  if (points < 0) return absl::InvalidArgumentError("points must be an integer of 0 or more");
  const std::vector<std::string> keys = shared_.options.AcceptedKeys();
  const std::string only = TextOf(body, "key");
  if (!only.empty() && std::find(keys.begin(), keys.end(), only) == keys.end()) {
    return absl::InvalidArgumentError("key must be an accepted one");
  }
  for (const std::string& key : keys) {
    if (only.empty() || only == key) shared_.account.SetPoints(key, points, shared_.clock.Now());
  }
  return Accounts();
}

Json PiApiControl::Uploads() {
  Json uploads = Json::array();
  for (const EphemeralFile& file : shared_.uploads.All(shared_.clock.Now())) {
    uploads.push_back({{"path", file.path},
                       {"key", file.key},
                       {"name", file.name},
                       {"size", file.bytes->size()},
                       {"sha256", file.sha256},
                       {"create_time", UnixSeconds(file.created)},
                       {"expire_time", UnixSeconds(file.expires)}});
  }
  return {{"uploads", uploads}};
}

Json PiApiControl::Webhooks() {
  const WebhookOptions settings = shared_.webhooks.settings();
  Json deliveries = Json::array();
  for (const WebhookDelivery& delivery : shared_.webhooks.Deliveries()) {
    deliveries.push_back({{"seq", delivery.seq},
                          {"task", delivery.task},
                          {"event", delivery.event},
                          {"outcome", delivery.outcome},
                          {"status", delivery.status},
                          {"attempt", delivery.attempt},
                          {"duplicate", delivery.duplicate},
                          {"time", UnixSeconds(delivery.time)}});
  }
  return {{"loss", settings.loss},
          {"duplicates", settings.duplicates},
          {"delay_ms", absl::ToInt64Milliseconds(settings.delay)},
          {"deliveries", deliveries}};
}

absl::StatusOr<Json> PiApiControl::SetWebhooks(const Json& body) {
  const WebhookOptions settings = shared_.webhooks.settings();
  const double loss = NumberOf(body, "loss", settings.loss);
  const double duplicates = NumberOf(body, "duplicates", settings.duplicates);
  const int64_t delay = IntOf(body, "delay_ms", absl::ToInt64Milliseconds(settings.delay));
  for (const auto& [name, value] : body.items()) {
    if (name != "loss" && name != "duplicates" && name != "delay_ms") {
      return absl::InvalidArgumentError("unknown member `" + name + "`");
    }
  }
  if (!(loss >= 0 && loss <= 1)) return absl::InvalidArgumentError("loss must be 0 to 1");
  if (!(duplicates >= 0 && duplicates <= 1)) return absl::InvalidArgumentError("duplicates must be 0 to 1");
  if (delay < 0) return absl::InvalidArgumentError("delay_ms must be 0 or more");
  shared_.webhooks.SetFaults(loss, duplicates, absl::Milliseconds(delay));
  return Webhooks();
}

void PiApiControl::AddAssets(Json& assets) {
  const absl::Time now = shared_.clock.Now();
  for (const ManagedAsset& managed : shared_.library.All(now)) {
    Json json = ControlAssetJson(managed.asset, now);
    json["last_used_time"] = UnixSeconds(managed.last_used);
    json["expire_time"] = UnixSeconds(managed.expires);
    assets.push_back(json);
  }
}

}  // namespace seedance::sandbox
