#ifndef SEEDANCE_TESTS_UNIT_SERVER_ADMIN_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_SERVER_ADMIN_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/mutex.h"
#include "service/server/admin_server.h"
#include "tests/testing/loopback.h"
#include "tests/testing/temp_dir.h"

namespace seedance::server {

using engine::WebhookAnswer;

inline const std::string kToken(32, 'a');

// A connection that says exactly what a test wants.
class RawClient {
 public:
  explicit RawClient(const std::string& address) : fd_(testing::ConnectLoopback(address)) {}
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  void Send(const std::string& text) { (void)!send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // All that comes until the peer closes.
  std::string ReadAll() {
    std::string all;
    char piece[4096];
    ssize_t n = 0;
    while ((n = recv(fd_, piece, sizeof piece, 0)) > 0) all.append(piece, static_cast<size_t>(n));
    return all;
  }
  std::string Read(size_t bytes) {
    std::string text(bytes, '\0');
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, recv(fd_, text.data(), bytes, MSG_WAITALL))));
    return text;
  }
  std::string Ask(const std::string& request) {
    Send(request);
    return ReadAll();
  }

 private:
  const int fd_;
};

// What the server tells the gateway of a webhook.
struct Webhook {
  std::string path;
  upstream::WebhookHeaders headers;
  std::string body;
};

class AdminServerTest : public ::testing::Test {
 protected:
  void Start(const AdminServer::Limits& limits = {}) {
    auto listening = AdminServer::Listen("127.0.0.1:0", limits);
    ASSERT_TRUE(listening.ok()) << listening.status();
    server_ = *std::move(listening);
    AdminHooks hooks;
    hooks.not_ready = [this] {
      base::MutexLock lock(mutex_);
      return not_ready_;
    };
    hooks.metrics = [] { return std::string("seedance_answer 42\n"); };
    hooks.replicas = [this]() -> absl::StatusOr<std::string> {
      base::MutexLock lock(mutex_);
      return replicas_;
    };
    hooks.webhook = [this](std::string_view path, const upstream::WebhookHeaders& headers, std::string_view body) {
      base::MutexLock lock(mutex_);
      webhooks_.push_back({std::string(path), headers, std::string(body)});
      return answer_;
    };
    hooks.staged_file = [this](std::string_view token) -> std::optional<AdminHooks::File> {
      base::MutexLock lock(mutex_);
      const auto file = files_.find(std::string(token));
      if (file == files_.end()) return std::nullopt;
      return file->second;
    };
    server_->Start(std::move(hooks));
  }

  void Stage(const std::string& token, const std::string& bytes) {
    const std::string path = dir_.File(token);
    ASSERT_TRUE(testing::WriteFile(path, bytes));
    base::MutexLock lock(mutex_);
    files_[token] = {path, static_cast<int64_t>(bytes.size()), "video/mp4"};
  }

  void SetNotReady(const std::string& reason) {
    base::MutexLock lock(mutex_);
    not_ready_ = reason;
  }
  void SetAnswer(WebhookAnswer answer) {
    base::MutexLock lock(mutex_);
    answer_ = answer;
  }
  void SetReplicas(const absl::StatusOr<std::string>& replicas) {
    base::MutexLock lock(mutex_);
    replicas_ = replicas;
  }
  std::vector<Webhook> webhooks() {
    base::MutexLock lock(mutex_);
    return webhooks_;
  }

  httplib::Client NewClient() {
    httplib::Client client("http://" + server_->address());
    client.set_read_timeout(20);
    return client;
  }
  int StatusOf(const std::string& path) {
    const httplib::Result answer = NewClient().Get(path);
    return answer ? answer->status : -1;
  }
  httplib::Result GetRange(const std::string& range) {
    return NewClient().Get("/staging/" + kToken + "/upload.mp4", httplib::Headers{{"Range", range}});
  }
  httplib::Result PostWebhook(const std::string& body, const httplib::Headers& headers = {}) {
    return NewClient().Post("/webhooks/piapi/" + kToken, headers, body, "application/json");
  }
  // The status line that comes back for a raw request.
  std::string StatusLineOf(const std::string& request) {
    const std::string answer = RawClient(server_->address()).Ask(request);
    return answer.substr(0, answer.find("\r\n"));
  }

  testing::TempDir dir_;
  base::Mutex mutex_;
  std::string not_ready_ ABSL_GUARDED_BY(mutex_);
  absl::StatusOr<std::string> replicas_ ABSL_GUARDED_BY(mutex_) = std::string("a table\n");
  WebhookAnswer answer_ ABSL_GUARDED_BY(mutex_) = WebhookAnswer::kTaken;
  std::vector<Webhook> webhooks_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, AdminHooks::File> files_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<AdminServer> server_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_TESTS_UNIT_SERVER_ADMIN_FIXTURE_H_
