#include "service/server/admin_answers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/metrics.h"
#include "service/server/byte_range.h"

namespace seedance::server {
namespace {

constexpr std::string_view kLive = "/livez";
constexpr std::string_view kReady = "/readyz";
constexpr std::string_view kMetrics = "/metrics";
constexpr std::string_view kReplicas = "/replicas";
constexpr std::string_view kWebhooks = "/webhooks/";
constexpr std::string_view kStaging = "/staging/";
constexpr size_t kTokenDigits = 32;

AdminAnswer Plain(int status, const std::string& text) {
  AdminAnswer answer;
  answer.status = status;
  answer.body = text + "\n";
  return answer;
}

AdminAnswer NotYet() {
  AdminAnswer answer = Plain(503, "starting");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

AdminAnswer NotFound() { return Plain(404, "not found"); }

AdminAnswer NotAllowed(const std::string& allowed) {
  AdminAnswer answer = Plain(405, "method not allowed");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool IsSecretToken(std::string_view text) {
  return text.size() == kTokenDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// `<dialect>/<token>` of `/webhooks/<dialect>/<token>`; empty for other paths.
std::string_view WebhookPath(std::string_view path) {
  path.remove_prefix(kWebhooks.size());
  const size_t slash = path.find('/');
  return slash != 0 && slash != std::string_view::npos && IsSecretToken(path.substr(slash + 1)) ? path
                                                                                                : std::string_view();
}

// The token of `/staging/<token>/<name>`; the name is for the vendor alone.
std::string_view StagingToken(std::string_view path) {
  path.remove_prefix(kStaging.size());
  const std::string_view token = path.substr(0, path.find('/'));
  return IsSecretToken(token) && path.size() > token.size() + 1 ? token : std::string_view();
}

bool ReadsOnly(const AdminRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

OpenFile::~OpenFile() { close(fd_); }

int64_t OpenFile::ReadAt(int64_t offset, char* data, size_t size) const { return pread(fd_, data, size, offset); }

std::string_view AdminAnswers::RouteOf(std::string_view path) {
  for (const std::string_view whole : {kLive, kReady, kMetrics, kReplicas}) {
    if (path == whole) return whole;
  }
  if (StartsWith(path, kWebhooks)) return kWebhooks;
  return StartsWith(path, kStaging) ? kStaging : std::string_view();
}

AdminAnswers::Hook AdminAnswers::HookOf(std::string_view path) {
  const std::string_view route = RouteOf(path);
  if (route == kReady) return Hook::kReady;
  if (route == kMetrics) return Hook::kMetrics;
  if (route == kReplicas) return Hook::kReplicas;
  return route == kStaging ? Hook::kFile : Hook::kNone;
}

std::optional<AdminAnswer> AdminAnswers::Answer(const AdminRequest& request) const {
  const std::string_view route = RouteOf(request.path);
  if (route.empty()) return NotFound();
  if (route == kWebhooks) return CheckWebhook(request);
  if (route == kStaging && StagingToken(request.path).empty()) return NotFound();
  if (!ReadsOnly(request)) return NotAllowed("GET, HEAD");
  if (route == kLive) return Plain(200, "alive");
  if (route == kMetrics) return Metrics();
  if (route == kReplicas) return Replicas();
  return route == kReady ? Ready() : Staged(request);
}

AdminAnswer AdminAnswers::Ready() const {
  const std::string reason = hooks_.not_ready == nullptr ? "" : hooks_.not_ready();
  return reason.empty() ? Plain(200, "ready") : Plain(503, reason);
}

AdminAnswer AdminAnswers::Metrics() const {
  if (hooks_.metrics == nullptr) return NotFound();
  AdminAnswer answer;
  answer.content_type = base::Metrics::ContentType();
  answer.body = hooks_.metrics();
  return answer;
}

AdminAnswer AdminAnswers::Replicas() const {
  if (hooks_.replicas == nullptr) return Plain(404, "one gateway: the store is not shared");
  if (!Started()) return NotYet();
  const absl::StatusOr<std::string> text = hooks_.replicas();
  if (!text.ok()) return Plain(503, std::string(text.status().message()));
  AdminAnswer answer;
  answer.body = *text;
  return answer;
}

std::optional<AdminAnswer> AdminAnswers::CheckWebhook(const AdminRequest& request) const {
  if (!Started()) return NotYet();
  if (hooks_.webhook == nullptr || WebhookPath(request.path).empty()) return NotFound();
  if (request.method != "POST") return NotAllowed("POST");
  // Encoded bodies are not supported; webhooks do not need them.
  if (!request.content_encoding.empty()) return Plain(415, "a body must not be encoded");
  // A form is no notification of a vendor.
  if (absl::StartsWithIgnoreCase(request.content_type, "multipart/")) return Plain(415, "a body must be JSON");
  if (request.transfer_encoding.empty()) {
    if (request.content_length.empty()) return Plain(411, "a body must have a length");
    uint64_t length = 0;
    if (!absl::SimpleAtoi(request.content_length, &length)) return Plain(400, "bad length");
    if (length > kMaxWebhookBytes) return TooLarge();
  } else if (!absl::EqualsIgnoreCase(request.transfer_encoding, "chunked") || !request.content_length.empty()) {
    return Plain(400, "bad transfer encoding");
  }
  return std::nullopt;
}

AdminAnswer AdminAnswers::TooLarge() { return Plain(413, "too large"); }

AdminAnswer AdminAnswers::AnswerBody(const AdminRequest& request, std::string_view body) const {
  switch (hooks_.webhook(WebhookPath(request.path), request.headers, body)) {
    case engine::WebhookAnswer::kUnknownPath:
      return NotFound();
    case engine::WebhookAnswer::kUnverified:
      return Plain(401, "wrong secret");
    case engine::WebhookAnswer::kTaken:
      break;
  }
  AdminAnswer answer;
  answer.content_type = "application/json";
  answer.body = "{}";
  return answer;
}

AdminAnswer AdminAnswers::Staged(const AdminRequest& request) const {
  if (!Started()) return NotYet();
  if (hooks_.staged_file == nullptr) return NotFound();
  const std::optional<AdminHooks::File> file = hooks_.staged_file(StagingToken(request.path));
  if (!file.has_value()) return NotFound();
  // Opened now, so that the file may be removed while it is sent.
  const int fd = open(file->path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return NotFound();
  auto opened = std::make_shared<const OpenFile>(fd);
  // The file has no validator, so If-Range never matches.
  const ByteRange range = ResolveRange(request.if_range.empty() ? request.range : "", file->size);
  AdminAnswer answer;
  answer.content_type = file->content_type;
  if (range.kind == ByteRange::Kind::kBeyond) {
    answer = Plain(416, "beyond the end");
    answer.headers.emplace_back("Content-Range", absl::StrCat("bytes */", file->size));
  } else if (range.kind == ByteRange::Kind::kPart) {
    answer.status = 206;
    const int64_t last = range.offset + range.length - 1;
    answer.headers.emplace_back("Content-Range", absl::StrCat("bytes ", range.offset, "-", last, "/", file->size));
  }
  if (range.length > 0) {
    answer.file = std::move(opened);
    answer.offset = range.offset;
    answer.length = range.length;
  }
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

}  // namespace seedance::server
