#ifndef SEEDANCE_TESTS_E2E_FOREIGN_VENDOR_H_
#define SEEDANCE_TESTS_E2E_FOREIGN_VENDOR_H_

#include <httplib.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace seedance::e2e {

// A second emulator of the AnyFast family, written from the vendor's documentation alone and with other habits than the
// sandbox wherever the documentation leaves a choice: a stock new-api behind another brand. Groups are visible and
// assets usable at once; ids are Ark's; a new task has the status ""; progress is a number; polls carry stock keys that
// nobody asked for; an unknown task is HTTP 400; results lie on another port that knows no Range. Thread-safe.
class ForeignVendor {
 public:
  // Results have at least `result_bytes`.
  explicit ForeignVendor(size_t result_bytes = 0);
  ~ForeignVendor();

  std::string url() const;
  static constexpr char kKey[] = "sk-foreign";

  // What was asked of it, for example `CreateAsset`, and how often.
  int Count(const std::string& action);
  // Rules of the documentation that a request broke; empty when all was well.
  std::vector<std::string> Complaints();
  // Bodies of the submitted tasks.
  std::vector<nlohmann::json> Submitted();
  // Forgets all tasks.
  void Forget();

  // Bytes of every result.
  static std::string Video();

 private:
  using Json = nlohmann::json;
  struct Asset {
    Json shown;
    std::string bytes;
  };
  struct Task {
    Json body;
    int polls = 0;
  };

  void Route();
  void OnAsset(const std::string& action, const httplib::Request& request, httplib::Response& response);
  Json CreateAsset(const Json& fields, const std::string& bytes);
  void OnSubmit(const httplib::Request& request, httplib::Response& response);
  void OnPoll(const std::string& id, httplib::Response& response);
  Json PollBody(const std::string& id, const Task& task) const;
  bool Authorized(const httplib::Request& request, httplib::Response& response);
  void Complain(const std::string& what);
  Json ListOf(const std::vector<Json>& items, const Json& request) const;

  httplib::Server api_;
  httplib::Server storage_;
  int api_port_ = 0;
  int storage_port_ = 0;
  std::thread api_thread_;
  std::thread storage_thread_;
  std::mutex mutex_;  // Guards all below.
  int next_ = 10000;
  std::map<std::string, int> counts_;
  std::map<std::string, Json> groups_;
  std::map<std::string, Asset> assets_;
  std::map<std::string, Task> tasks_;
  std::vector<Json> submitted_;
  std::vector<std::string> complaints_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_FOREIGN_VENDOR_H_
