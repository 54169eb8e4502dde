#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_VIEW_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_VIEW_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/piapi/request.h"
#include "tests/sandbox/world/json.h"
#include "tests/sandbox/world/links.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// The part of a task that only PiAPI has.
struct PiApiJob {
  PiApiRequest request;
  std::string host;       // `host:port` that the caller used, for links in webhooks.
  int64_t points = 0;     // What it costs.
  Json converted_input;   // The input with ephemeral asset:// URLs.
  int64_t converted = 0;  // How many URLs became ephemeral assets.
};

// The get-task object as it is at `at`. `task.piapi` must be set.
Json PiApiTaskJson(const Task& task, absl::Time at, const std::string& host, const Options& options,
                   const Links& links);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_VIEW_H_
