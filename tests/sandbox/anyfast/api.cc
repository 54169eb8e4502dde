#include "tests/sandbox/anyfast/api.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/anyfast/errors.h"
#include "tests/sandbox/world/video_request.h"

namespace seedance::sandbox {
namespace {

constexpr char kAssets[] = "/volc/asset/";
constexpr char kTasks[] = "/v1/video/generations";
constexpr char kModelNames[] = "/v1/models";
constexpr char kLogs[] = "/api/log/";
constexpr char kLog[] = "/api/log/token";

// What follows `prefix`; empty when nothing does or more than one path segment.
std::string LastSegment(const std::string& path, const std::string& prefix) {
  if (!absl::StartsWith(path, prefix)) return "";
  const std::string rest = path.substr(prefix.size());
  return absl::StrContains(rest, '/') ? "" : rest;
}

ApiReply Models() {
  Json models = Json::array();
  for (const std::string& name : VideoModels()) {
    models.push_back({{"id", name}, {"object", "model"}, {"owned_by", "sandbox"}});
  }
  return {200, Dump({{"object", "list"}, {"data", models}}), "application/json", {}};
}

}  // namespace

AnyFastApi::AnyFastApi(Shared shared)
    : shared_(shared), keys_(shared.options.AcceptedKeys()), assets_(shared), tasks_(shared), log_(shared) {}

bool AnyFastApi::Owns(const std::string& path) const {
  return absl::StartsWith(path, "/v1/") || absl::StartsWith(path, "/volc/") || absl::StartsWith(path, kLogs);
}

std::string AnyFastApi::Route(const std::string& method, const std::string& path) const {
  if (method == "GET" && path == kModelNames) return absl::StrCat("GET ", kModelNames);
  if (method == "GET" && path == kLog && shared_.options.usage_log.mode != "off") return absl::StrCat("GET ", kLog);
  if (method == "POST" && path == kTasks) return absl::StrCat("POST ", kTasks);
  if (method == "GET" && !LastSegment(path, absl::StrCat(kTasks, "/")).empty()) {
    return absl::StrCat("GET ", kTasks, "/{id}");
  }
  if (method == "POST" && AnyFastAssets::HasAction(LastSegment(path, kAssets))) return absl::StrCat("POST ", path);
  return "";
}

ApiReply AnyFastApi::Handle(const ApiCall& call) {
  if (Route(call.method, call.path).empty()) {
    return GatewayError(404, absl::StrCat("Invalid URL (", call.method, " ", call.path, ")"), "invalid_request_error");
  }
  const std::optional<std::string> key = KeyOf(call);
  if (!key.has_value()) {
    return GatewayError(401, absl::StrCat("invalid token (request id: ", shared_.ids.Random("", 24), ")"));
  }
  if (call.path == kModelNames) return Models();
  if (call.path == kLog) return log_.Read(*key);
  if (call.path == kTasks) return tasks_.Create(*key, call);
  if (absl::StartsWith(call.path, kTasks)) {
    return tasks_.Get(*key, LastSegment(call.path, absl::StrCat(kTasks, "/")), call);
  }
  return assets_.Handle(LastSegment(call.path, kAssets), *key, call);
}

ApiReply AnyFastApi::Refuse(int status, const std::string& message) { return GatewayError(status, message); }

std::optional<std::string> AnyFastApi::KeyOf(const ApiCall& call) const {
  constexpr char kScheme[] = "Bearer ";
  std::string key;
  if (call.path == kLog && shared_.options.usage_log.query_key) {
    key = call.Query("key");
  } else if (absl::StartsWithIgnoreCase(call.authorization, kScheme)) {
    key = call.authorization.substr(sizeof kScheme - 1);
  }
  const bool known = std::find(keys_.begin(), keys_.end(), key) != keys_.end();
  return known ? std::optional<std::string>(key) : std::nullopt;
}

}  // namespace seedance::sandbox
