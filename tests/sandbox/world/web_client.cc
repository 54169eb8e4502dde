#include "tests/sandbox/world/web_client.h"

#include <httplib.h>

namespace seedance::sandbox {
namespace {

constexpr time_t kTimeoutSeconds = 5;  // To connect, and of a pause while reading or writing.
constexpr char kUserAgent[] = "seedance-sandbox/1";

}  // namespace

int WebClient::Get(const std::string& url, const Receiver& receiver) {
  return Run(url, [&](httplib::Client& client, const std::string& target) {
    client.set_follow_location(true);
    int status = 0;
    const httplib::Result result = client.Get(
        target, {{"User-Agent", kUserAgent}},
        [&](const httplib::Response& response) {
          status = response.status;
          return true;
        },
        [&](const char* data, size_t size) {
          return !stopped() && (status != 200 || receiver(std::string_view(data, size)));
        });
    return result ? result->status : 0;
  });
}

int WebClient::Post(const std::string& url, const Headers& headers, const std::string& json) {
  return Run(url, [&](httplib::Client& client, const std::string& target) {
    httplib::Headers all = {{"User-Agent", kUserAgent}};
    for (const auto& [name, value] : headers) all.emplace(name, value);
    const httplib::Result result = client.Post(target, all, json, "application/json");
    return result ? result->status : 0;
  });
}

void WebClient::Stop() {
  base::MutexLock lock(mutex_);
  stopped_ = true;
  for (httplib::Client* client : running_) client->stop();
}

int WebClient::Run(const std::string& url, const Call& call) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return 0;
  const size_t path = url.find_first_of("/?#", scheme + 3);
  httplib::Client client(url.substr(0, path));
  if (!client.is_valid()) return 0;
  client.enable_server_certificate_verification(false);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  client.set_write_timeout(kTimeoutSeconds);
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return 0;
    running_.insert(&client);
  }
  std::string target = path == std::string::npos ? "/" : url.substr(path, url.find('#', path) - path);
  if (target.empty() || target[0] != '/') target.insert(0, "/");
  const int status = call(client, target);
  base::MutexLock lock(mutex_);
  running_.erase(&client);
  return status;
}

bool WebClient::stopped() {
  base::MutexLock lock(mutex_);
  return stopped_;
}

}  // namespace seedance::sandbox
