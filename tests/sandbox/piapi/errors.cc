#include "tests/sandbox/piapi/errors.h"

#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {
namespace {

constexpr char kBanPage[] = R"(<!DOCTYPE html>
<html lang="en-US"><head><title>Access denied | api.piapi.ai used Cloudflare to restrict access</title></head>
<body><h1>Error 1010</h1><h2>Access denied</h2>
<p>The owner of this website (api.piapi.ai) has banned your access based on your browser's signature.</p>
</body></html>
)";

Json ErrorJson(int code, const std::string& message) {
  return {{"error", {{"code", code}, {"raw_message", message}, {"message", message}, {"detail", nullptr}}}};
}

}  // namespace

ApiReply PiApiError(int status, const std::string& message) {
  return JsonReply(status, {{"code", status}, {"message", message}});
}

ApiReply TaskRefusal(int status, const std::string& message, int code) {
  return JsonReply(status, {{"code", status}, {"message", message}, {"data", ErrorJson(code, message)}});
}

ApiReply TaskRefusalInBody(const std::string& message) {
  return JsonReply(200, {{"code", 500}, {"message", "failed to create task"}, {"data", ErrorJson(10000, message)}});
}

ApiReply CloudflareBan() { return {403, kBanPage, "text/html; charset=UTF-8", {{"Server", "cloudflare"}}}; }

}  // namespace seedance::sandbox
