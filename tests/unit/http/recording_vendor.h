#ifndef SEEDANCE_TESTS_UNIT_HTTP_RECORDING_VENDOR_H_
#define SEEDANCE_TESTS_UNIT_HTTP_RECORDING_VENDOR_H_

#include <httplib.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "service/base/mutex.h"

namespace seedance::http {

// A vendor on 127.0.0.1 that keeps every request and answers as `answer` says.
class RecordingVendor {
 public:
  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit RecordingVendor(Answer answer);
  ~RecordingVendor();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<httplib::Request> requests();

 private:
  void Handle(const httplib::Request& request, httplib::Response& response);

  const Answer answer_;
  httplib::Server server_;
  int port_ = 0;
  base::Mutex mutex_;
  std::vector<httplib::Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace seedance::http

#endif  // SEEDANCE_TESTS_UNIT_HTTP_RECORDING_VENDOR_H_
