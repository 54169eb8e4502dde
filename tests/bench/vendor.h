#ifndef SEEDANCE_TESTS_BENCH_VENDOR_H_
#define SEEDANCE_TESTS_BENCH_VENDOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/http/http_transport.h"
#include "tests/testing/sandbox_process.h"

namespace seedance::bench {

// The vendor's REST API without a gateway, called with the gateway's own HTTP client: the yardstick of what the gateway
// passes on. Thread-safe.
class Vendor {
 public:
  explicit Vendor(std::string url);

  bool CreateGroup(const std::string& name);
  // The vendor's id of the new group.
  absl::StatusOr<std::string> NewGroup(const std::string& name);
  bool GetTask(const std::string& id);
  // The vendor's id of the new task.
  absl::StatusOr<std::string> CreateTask(const std::string& prompt);
  // A file into a group, as multipart, sent by pieces as an upload's bytes arrive.
  bool Upload(const std::string& group, const std::string& name, std::string_view file);

 private:
  http::HttpRequest Request(const std::string& method, const std::string& path) const;

  const std::string url_;
  const std::unique_ptr<http::HttpTransport> transport_;
};

// What the sandbox knows of a task. All times are real ones: the sandbox's clock minus what it is ahead.
struct VendorTask {
  std::string id;
  absl::Time create_time;
  int64_t polls = 0;
};

// The sandbox's own view, from its control port, with a clock that runs at real speed (`--speed 1`).
class VendorView {
 public:
  // Call it after the last Advance: it finds out how far the sandbox's clock is ahead.
  static absl::StatusOr<VendorView> Of(testing::SandboxProcess& sandbox);

  absl::StatusOr<std::vector<VendorTask>> Tasks() const;

  // Takes over the polls of AnyFast tasks that arrived since the last call. At least once per thousand requests, which
  // is what the sandbox keeps: DATA_LOSS when some are missing.
  absl::Status CollectPolls();
  // When each task was polled so far, by the vendor's id.
  const std::map<std::string, std::vector<absl::Time>>& polls() const { return polls_; }

 private:
  VendorView(testing::SandboxProcess& sandbox, absl::Duration ahead) : sandbox_(&sandbox), ahead_(ahead) {}
  absl::Time Real(double virtual_seconds) const;

  testing::SandboxProcess* sandbox_;
  absl::Duration ahead_;
  int64_t last_seq_ = 0;
  std::map<std::string, std::vector<absl::Time>> polls_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_VENDOR_H_
