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

#include "service/engine/tasks/webhooks.h"
#include "service/server/admin_request.h"
#include "service/upstream/upstream.h"

namespace seedance::server {

// What the admin server asks of the rest of the gateway. Called by many threads at the same time.
struct AdminHooks {
  struct File {
    std::string path;
    int64_t size = 0;
    std::string content_type;
  };

  // Why calls should go elsewhere; empty: they are welcome.
  std::function<std::string()> not_ready;
  // The metrics in Prometheus' text format. Null: there are none.
  std::function<std::string()> metrics;
  // False: the gateway has not started yet; webhooks and staged files get 503. Null: it has.
  std::function<bool()> started;
  // Null: there are no webhooks.
  std::function<engine::WebhookAnswer(std::string_view token, std::string_view secret, std::string_view body)> webhook;
  // Null: nothing is staged. nullopt: unknown, or its time is over.
  std::function<std::optional<File>(std::string_view token)> staged_file;
};

// An open file; closed with the object.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Reads up to `size` bytes at `offset`. 0: the end; -1: failure.
  int64_t ReadAt(int64_t offset, char* data, size_t size) const;

 private:
  const int fd_;
};

struct AdminAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string content_type = "text/plain";
  std::string body = {};
  // Sent instead of `body`: `length` bytes from `offset`, at least one.
  std::shared_ptr<const OpenFile> file = nullptr;
  int64_t offset = 0;
  int64_t length = 0;
};

using upstream::kMaxWebhookBytes;

// Decides what the admin server answers; knows nothing of sockets. Thread-safe.
class AdminAnswers {
 public:
  explicit AdminAnswers(AdminHooks hooks) : hooks_(std::move(hooks)) {}

  // The answer to `request`; nullopt: its body must be read, then AnswerBody answers.
  std::optional<AdminAnswer> Answer(const AdminRequest& request) const;
  AdminAnswer AnswerBody(const AdminRequest& request, std::string_view body) const;
  // When more than kMaxWebhookBytes came.
  static AdminAnswer TooLarge();

  // Whose hooks Answer calls: only these may block.
  enum class Hook { kNone, kReady, kMetrics, kFile };
  static Hook HookOf(std::string_view path);

  // The first part of a path that is known, for the log; the rest may be secret.
  static std::string_view RouteOf(std::string_view path);

 private:
  bool Started() const { return hooks_.started == nullptr || hooks_.started(); }
  AdminAnswer Ready() const;
  AdminAnswer Metrics() const;
  std::optional<AdminAnswer> CheckWebhook(const AdminRequest& request) const;
  AdminAnswer Staged(const AdminRequest& request) const;

  const AdminHooks hooks_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_ANSWERS_H_
