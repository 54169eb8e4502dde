#include "tests/sandbox/piapi/api.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/piapi/errors.h"
#include "tests/sandbox/piapi/upload.h"

namespace seedance::sandbox {
namespace {

constexpr char kUpload[] = "POST /api/v1/asset/upload";
constexpr char kBatch[] = "POST /api/v1/asset/batch";
constexpr char kList[] = "GET /api/v1/asset/list";
constexpr char kGetAsset[] = "GET /api/v1/asset/{id}";
constexpr char kDeleteAsset[] = "DELETE /api/v1/asset/{id}";
constexpr char kCreateTask[] = "POST /api/v1/task";
constexpr char kGetTask[] = "GET /api/v1/task/{id}";
constexpr char kCancelTask[] = "DELETE /api/v1/task/{id}";
constexpr char kHistories[] = "GET /api/open/tasks/histories";
constexpr char kEphemeralRoute[] = "POST /api/ephemeral_resource";

// In this order: a fixed path goes before an id.
constexpr const char* kRoutes[] = {kUpload,     kBatch,   kList,       kGetAsset,  kDeleteAsset,
                                   kCreateTask, kGetTask, kCancelTask, kHistories, kEphemeralRoute};

// What libraries send when nobody chose a name.
constexpr const char* kBannedAgents[] = {"Python-urllib/", "python-requests/", "Go-http-client/",
                                         "Java/",          "libwww-perl/",     "cpp-httplib/"};

bool Banned(const std::string& agent) {
  return agent.empty() || std::any_of(std::begin(kBannedAgents), std::end(kBannedAgents),
                                      [&](const char* banned) { return absl::StartsWith(agent, banned); });
}

std::string IdInPath(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool MatchesRoute(const std::string& route, const std::string& line) {
  constexpr char kId[] = "{id}";
  if (!absl::EndsWith(route, kId)) return route == line;
  const std::string prefix = route.substr(0, route.size() - (sizeof kId - 1));
  if (!absl::StartsWith(line, prefix) || line.size() == prefix.size()) return false;
  return line.find('/', prefix.size()) == std::string::npos;
}

}  // namespace

PiApiApi::PiApiApi(Shared shared)
    : shared_(shared), keys_(shared.options.AcceptedKeys()), assets_(shared), tasks_(shared) {}

bool PiApiApi::Owns(const std::string& path) const { return absl::StartsWith(path, "/api/"); }

std::string PiApiApi::Route(const std::string& method, const std::string& path) const {
  const std::string line = absl::StrCat(method, " ", path);
  for (const char* route : kRoutes) {
    if (MatchesRoute(route, line)) return route;
  }
  return "";
}

ApiReply PiApiApi::Handle(const ApiCall& call) {
  if (Banned(call.user_agent)) return CloudflareBan();
  const std::string route = Route(call.method, call.path);
  if (route.empty()) return PiApiError(404, absl::StrCat("no such path: ", call.method, " ", call.path));
  if (std::find(keys_.begin(), keys_.end(), call.api_key) == keys_.end()) return PiApiError(401, "Invalid API key");
  return Dispatch(route, call.api_key, call);
}

ApiReply PiApiApi::Dispatch(const std::string& route, const std::string& key, const ApiCall& call) {
  const std::string id = IdInPath(call.path);
  if (route == kUpload || route == kBatch) return assets_.Upload(key, call);
  if (route == kList) return assets_.List(key, call);
  if (route == kGetAsset) return assets_.Get(key, id);
  if (route == kDeleteAsset) return assets_.Delete(key, id);
  if (route == kCreateTask) return tasks_.Create(key, call);
  if (route == kGetTask) return tasks_.Get(key, id, call);
  if (route == kCancelTask) return tasks_.Cancel(key, id);
  if (route == kHistories) return tasks_.Histories(key, call);
  return UploadEphemeralFile(shared_, key, call);
}

ApiReply PiApiApi::Refuse(int status, const std::string& message) { return PiApiError(status, message); }

}  // namespace seedance::sandbox
