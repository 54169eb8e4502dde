#ifndef SEEDANCE_TESTS_SANDBOX_OPTIONS_H_
#define SEEDANCE_TESTS_SANDBOX_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/sandbox/piapi/options.h"

namespace seedance::sandbox {

// AnyFast's log of what a key was billed (`GET /api/log/token`).
struct UsageLogOptions {
  std::string mode = "on";  // `on`; `empty`: forks that log nothing under the key; `off`: there is no such path.
  absl::Duration lag = absl::Seconds(1);  // Virtual, until a row is shown.
  bool task_ids = true;                   // Rows of tasks tell their ids, as newer versions do.
  bool query_key = false;                 // The key stands in the query (`?key=`), as older versions want it.
  int limit = 20;                         // Reads in 20 virtual minutes; 0: no limit.
  int most_rows = 1000;                   // That are shown, the newest.
  std::string rows = "all";               // `refunds`: nothing that was consumed is shown.
  std::string damage = "none";            // `null`: every other row is null; `untimed`: rows have no time.
  bool at_end = false;                    // Rows of tasks are written when their tasks end.
};

// How one sandbox behaves. The command line of seedance-sandbox says the same (README.md).
struct Options {
  std::string listen = "127.0.0.1:0";               // Vendor API.
  std::string control = "127.0.0.1:0";              // Control port.
  std::vector<std::string> keys;                    // Accepted vendor keys; empty: `sandbox-key`.
  std::optional<uint64_t> seed;                     // Not set: ids differ from run to run.
  double speed = 1;                                 // Virtual seconds per real second; 0: only /advance moves time.
  absl::Duration asset_time = absl::Seconds(3);     // Virtual, until an asset is Active.
  absl::Duration task_time = absl::Seconds(60);     // Virtual, until a task ends.
  absl::Duration group_lag = absl::Seconds(2);      // Virtual, until a new group is visible.
  absl::Duration link_life = absl::Seconds(43200);  // Virtual, of signed links.
  bool strict_media = false;                        // Assets whose bytes break the vendor's limits become Failed.
  bool prefix_names = false;                        // Group names are shown as `[u-1]-[t-2]name`.
  bool liveness_groups = false;                     // Keys may make groups of verified persons.
  int unknown_task_status = 404;                    // AnyFast's, of a GET for a task that does not exist.
  bool fetch_urls = false;                          // The URLs of new assets are really fetched.
  bool own_seeds = false;                           // AnyFast's models ignore the seed and show one of their own.
  UsageLogOptions usage_log;
  PiApiOptions piapi;
  WebhookOptions webhook;

  std::vector<std::string> AcceptedKeys() const {
    return keys.empty() ? std::vector<std::string>{"sandbox-key"} : keys;
  }
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_OPTIONS_H_
