#include "tests/unit/http/recording_vendor.h"

#include <utility>

namespace seedance::http {

RecordingVendor::RecordingVendor(Answer answer) : answer_(std::move(answer)) {
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
    Handle(request, response);
  };
  server_.Get(".*", handle);
  server_.Post(".*", handle);
  server_.Delete(".*", handle);
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::yield();
}

RecordingVendor::~RecordingVendor() {
  server_.stop();
  thread_.join();
}

std::vector<httplib::Request> RecordingVendor::requests() {
  base::MutexLock lock(mutex_);
  return requests_;
}

void RecordingVendor::Handle(const httplib::Request& request, httplib::Response& response) {
  {
    base::MutexLock lock(mutex_);
    requests_.push_back(request);
  }
  answer_(request, response);
}

}  // namespace seedance::http
