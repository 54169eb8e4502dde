#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_TASKS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_TASKS_H_

#include <optional>
#include <string>

#include "service/base/mutex.h"
#include "tests/sandbox/piapi/request.h"
#include "tests/sandbox/piapi/view.h"
#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// /api/v1/task of PiAPI. Thread-safe.
class PiApiTasks {
 public:
  explicit PiApiTasks(Shared shared) : shared_(shared) {}

  ApiReply Create(const std::string& key, const ApiCall& call);
  ApiReply Get(const std::string& key, const std::string& id, const ApiCall& call);
  ApiReply Cancel(const std::string& key, const std::string& id);
  // /api/open/tasks/histories.
  ApiReply Histories(const std::string& key, const ApiCall& call);

 private:
  // Limits of the plan and the points; a refusal when one is reached.
  std::optional<ApiReply> Admit(const std::string& key, const PiApiJob& job, absl::Time now);
  void Convert(PiApiJob& job, absl::Time now);
  Task Add(const std::string& key, PiApiJob job, absl::Time now);

  Shared shared_;
  base::Mutex admission_;  // From counting tasks to adding one. Taken before the locks of what is shared.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_TASKS_H_
