#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_ANSWERS_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_ANSWERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "service/engine/tasks/webhooks.h"
#include "service/server/admin_request.h"
#include "service/upstream/upstream.h"

namespace seedance::server {

// What the admin server needs from the rest of the gateway. The functions are called by many threads concurrently.
//
// Tests: tests/unit/server/admin_server_test.cc, tests/unit/server/admin_attack_test.cc
struct AdminHooks {
  // A staged file.
  struct File {
    std::string path;
    int64_t size = 0;
    std::string content_type;
  };

  // Why the gateway is not ready; empty: it is.
  std::function<std::string()> not_ready;
  // Metrics in the text format of Prometheus. Null: not available.
  std::function<std::string()> metrics;
  // The gateways that share the store, as text; or why they are not known. Null: the store is not shared.
  std::function<absl::StatusOr<std::string>()> replicas;
  // False: still starting; all but probes and metrics gets 503. Null: started.
  std::function<bool()> started;
  // Handles a webhook; `path` stands behind `/webhooks/`. Null: there are none.
  std::function<engine::WebhookAnswer(std::string_view path, const upstream::WebhookHeaders& headers,
                                      std::string_view body)>
      webhook;
  // Looks a staged file up; nullopt: unknown or expired. Null: nothing is staged.
  std::function<std::optional<File>(std::string_view token)> staged_file;
};

// Owner of an open file descriptor. Thread-safe.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Reads at most `size` bytes at `offset`. 0: end of file; -1: failure.
  int64_t ReadAt(int64_t offset, char* data, size_t size) const;

 private:
  const int fd_;
};

// A response of the admin server.
struct AdminAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string content_type = "text/plain";
  std::string body = {};
  // If set, sent instead of `body`: `length` bytes (at least one) from `offset`.
  std::shared_ptr<const OpenFile> file = nullptr;
  int64_t offset = 0;
  int64_t length = 0;
};

using upstream::kMaxWebhookBytes;

// Decides the responses of the admin server, independent of sockets. Thread-safe; may block in hooks.
class AdminAnswers {
 public:
  explicit AdminAnswers(AdminHooks hooks) : hooks_(std::move(hooks)) {}

  // The response to `request`; nullopt: read the body first, then call AnswerBody.
  std::optional<AdminAnswer> Answer(const AdminRequest& request) const;
  AdminAnswer AnswerBody(const AdminRequest& request, std::string_view body) const;
  // The response to a body of more than kMaxWebhookBytes.
  static AdminAnswer TooLarge();

  // The hook that Answer calls for a path. Only hooks may block.
  enum class Hook { kNone, kReady, kMetrics, kReplicas, kFile };
  static Hook HookOf(std::string_view path);

  // The known first segment of a path, for the log; the rest may be secret.
  static std::string_view RouteOf(std::string_view path);

 private:
  bool Started() const { return hooks_.started == nullptr || hooks_.started(); }
  AdminAnswer Ready() const;
  AdminAnswer Replicas() const;
  AdminAnswer Metrics() const;
  std::optional<AdminAnswer> CheckWebhook(const AdminRequest& request) const;
  AdminAnswer Staged(const AdminRequest& request) const;

  const AdminHooks hooks_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_ANSWERS_H_
