#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_WEB_CLIENT_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_WEB_CLIENT_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/base/mutex.h"

namespace httplib {
class Client;
}  // namespace httplib

namespace seedance::sandbox {

// Calls that the vendor makes to the world. Follows redirects of GET, does not check certificates. Thread-safe.
class WebClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  // Takes a piece of the body; false breaks the transfer off.
  using Receiver = std::function<bool(std::string_view piece)>;

  // Both return the HTTP status, 0 when there was no whole answer. Receivers see bodies of status 200 only.
  int Get(const std::string& url, const Receiver& receiver);
  int Post(const std::string& url, const Headers& headers, const std::string& json);

  // Breaks running calls off; later ones return 0.
  void Stop();

 private:
  using Call = std::function<int(httplib::Client& client, const std::string& target)>;
  int Run(const std::string& url, const Call& call);
  bool stopped();

  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<httplib::Client*> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_WEB_CLIENT_H_
