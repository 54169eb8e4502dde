#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_TASKS_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_TASKS_H_

#include <string>

#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

struct VideoRequest;

// /v1/video/generations of AnyFast. Thread-safe.
class AnyFastTasks {
 public:
  explicit AnyFastTasks(Shared shared) : shared_(shared) {}

  ApiReply Create(const std::string& key, const ApiCall& call);
  ApiReply Get(const std::string& key, const std::string& id, const ApiCall& call);

 private:
  Task Add(const std::string& key, const VideoRequest& request);
  Json TaskJson(const Task& task, const std::string& host) const;
  Json OriginJson(const Task& task, const std::string& host) const;
  std::string VideoUrl(const Task& task, const std::string& host) const;

  Shared shared_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_TASKS_H_
