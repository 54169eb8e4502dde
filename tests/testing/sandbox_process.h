#ifndef SEEDANCE_TESTS_TESTING_SANDBOX_PROCESS_H_
#define SEEDANCE_TESTS_TESTING_SANDBOX_PROCESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::testing {

// One row of the sandbox's ledger.
struct LedgerRow {
  int64_t seq = 0;
  std::string key;
  std::string action;  // CreateAssetGroup, CreateAsset, CreateTask.
  std::string model;
  std::string resource;
  double time = 0;  // Virtual Unix seconds.
};

struct SandboxLedger {
  std::vector<LedgerRow> bills;
  std::vector<LedgerRow> refunds;

  // Bills of one action.
  int64_t Count(const std::string& action) const;
};

// One request that the sandbox saw.
struct SandboxRequest {
  int64_t seq = 0;
  std::string method;
  std::string path;
  double time = 0;  // Virtual Unix seconds.
  int64_t size = 0;
  std::string sha256;
  std::string fault;
  int status = 0;  // 0: not answered yet.
};

struct SandboxRequests {
  std::map<std::string, int64_t> counts;  // By `METHOD /path-pattern`.
  std::vector<SandboxRequest> recent;     // The last thousand.

  // 0 for a pattern that was never called.
  int64_t Count(const std::string& pattern) const;
};

struct SandboxAsset {
  std::string id;
  std::string name;
  std::string status;
  int64_t size = 0;
  std::string sha256;
};

struct SandboxTask {
  std::string id;
  std::string model;
  std::string prompt;
  std::string stage;  // not_started, queued, running, succeeded, failed, forgotten.
  int64_t polls = 0;
};

// A rule for POST /faults; tests/sandbox/README.md explains the kinds. Every member has an initializer, so that tests
// can name just those they mean: {.kind = "reset"}.
struct SandboxFault {
  std::string kind = {};    // delay, status, html, empty, truncate, reset, drop_reply.
  std::string method = {};  // Empty: any.
  std::string path = {};    // Prefix; empty: any.
  int64_t times = 1;        // 0: for ever.
  double probability = 1;
  absl::Duration delay = {};  // Real time.
  bool after = false;         // The call is processed and billed all the same.
  int status = 0;
  int64_t retry_after = -1;
  std::string body = {};
};

// A seedance-sandbox of its own on free ports, and a client of its control port. Calls of the client return UNAVAILABLE
// when the sandbox does not answer. Not thread-safe.
class SandboxProcess {
 public:
  // Starts the binary with `flags` after `--listen`, `--control` and `--port-file`, and waits until it listens.
  static absl::StatusOr<std::unique_ptr<SandboxProcess>> Start(const std::vector<std::string>& flags = {});

  // `http://host:port` of the vendor API and of the control port.
  const std::string& url() const { return url_; }
  const std::string& control_url() const { return control_url_; }
  Process& process() { return *process_; }
  // What it wrote to standard output and standard error.
  std::string Output() const;

  absl::StatusOr<SandboxLedger> Ledger();
  absl::StatusOr<SandboxRequests> Requests();
  absl::StatusOr<std::vector<SandboxAsset>> Assets();
  absl::StatusOr<std::vector<SandboxTask>> Tasks();
  // Bills by the text that was sent with them: a task's prompt, the name of a group or an asset. The value is the
  // vendor's ids of what was billed.
  absl::StatusOr<std::map<std::string, std::vector<std::string>>> BillsByText();
  absl::Status AddFault(const SandboxFault& fault);
  absl::Status ClearFaults();
  // Moves virtual time.
  absl::Status Advance(absl::Duration by);
  absl::Status Reset();

 private:
  SandboxProcess() = default;

  TempDir dir_;
  std::unique_ptr<Process> process_;
  std::string url_;
  std::string control_url_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_SANDBOX_PROCESS_H_
