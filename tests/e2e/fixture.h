#ifndef SEEDANCE_TESTS_E2E_FIXTURE_H_
#define SEEDANCE_TESTS_E2E_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/e2e/api.h"
#include "tests/testing/eventually.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/sandbox_process.h"

namespace seedance::e2e {

using testing::Eventually;
using State = v1::GenerationTask;

// Routes of the vendor, as the sandbox counts them.
inline constexpr char kSubmitRoute[] = "POST /v1/video/generations";
inline constexpr char kPollRoute[] = "GET /v1/video/generations/{id}";
inline constexpr char kGroupRoute[] = "POST /volc/asset/CreateAssetGroup";
inline constexpr char kAssetRoute[] = "POST /volc/asset/CreateAsset";

// The value, or an exception that fails the test: for steps without which it cannot go on.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}
void Must(const absl::Status& status);
template <typename T>
T Must(const Answer<T>& answer) {
  if (!answer.ok()) throw std::runtime_error(answer.status.error_message() + " " + answer.error().reason);
  return answer.value;
}

// How the sandbox's time runs.
enum class Pace {
  kFast,     // Assets take 0.1 s, tasks 1 s.
  kStopped,  // Only Advance moves it. Assets take 1 virtual second, tasks 20.
};

// A sandbox, a gateway in front of it and a client, each test with its own. Prints the gateway's log when a test fails.
class E2eTest : public ::testing::Test {
 protected:
  // New groups are visible at once, unless `flags` say otherwise.
  void StartSandbox(Pace pace, const std::vector<std::string>& flags = {});
  // In front of the sandbox, unless `options` name another vendor.
  void StartGateway(testing::GatewayOptions options = {});
  // On the same port, with the same store.
  void RestartGateway() { Must(gateway_->Restart()); }
  void TearDown() override;

  testing::SandboxProcess& sandbox() { return *sandbox_; }
  testing::GatewayProcess& gateway() { return *gateway_; }
  bool HasGateway() const { return gateway_ != nullptr; }
  // The text of `/metrics`, or an empty one; the gateway needs `admin`.
  std::string Metrics();
  // The value of a sample there, named with its labels: `seedance_in_doubt{kind="task"}`. -1: there is none.
  double Metric(const std::string& sample);
  // The default client: without a token, or with the first token of the first tenant.
  Api& api() { return *api_; }
  std::unique_ptr<Api> NewApi(const std::string& token = "") const {
    return std::make_unique<Api>(gateway_->address(), token);
  }

  // ---- What the vendor saw ----
  int64_t Bills(const std::string& action) { return Must(sandbox_->Ledger()).Count(action); }
  int64_t AllBills() { return static_cast<int64_t>(Must(sandbox_->Ledger()).bills.size()); }
  int64_t Requests(const std::string& route) { return Must(sandbox_->Requests()).Count(route); }
  void AddFault(const testing::SandboxFault& fault) { Must(sandbox_->AddFault(fault)); }
  void Advance(absl::Duration by) { Must(sandbox_->Advance(by)); }

  // ---- Steps that most tests begin with ----
  std::string NewGroup(const std::string& display_name = "group");
  // Uploads tests/testing/media/<file>; the asset is PROCESSING.
  v1::Asset UploadMedia(const std::string& group, const std::string& file, const std::string& display_name = "");
  // The same, and waits until it is ACTIVE. With a stopped sandbox it moves the time.
  v1::Asset ActiveMedia(const std::string& group, const std::string& file, const std::string& display_name = "");
  // Watches the asset until it is settled.
  v1::Asset EndOfAsset(const std::string& name);
  // Creates a task and returns its name.
  std::string NewTask(const std::string& prompt);
  // Watches the task until it ends.
  v1::GenerationTask WaitForEnd(const std::string& name);
  bool WaitForState(const std::string& name, State::State state);

  // Bytes of tests/testing/media/<file>.
  static std::string Media(const std::string& file);
  // An image for the group, inline, with a new request id.
  static v1::CreateAssetRequest ImageFor(const std::string& group, const std::string& display_name);

 private:
  Pace pace_ = Pace::kFast;
  std::unique_ptr<testing::SandboxProcess> sandbox_;
  std::unique_ptr<testing::GatewayProcess> gateway_;
  std::unique_ptr<Api> api_;
};

// A gateway in front of the sandbox that speaks this dialect, `anyfast` or `piapi`, which is also the upstream's name.
testing::GatewayOptions DialectOptions(const std::string& dialect);

// `bytes` in Base64.
std::string Base64(const std::string& bytes);

// A task with this prompt.
v1::GenerationTask TaskOf(const std::string& prompt);
void AddReference(v1::GenerationTask& task, const std::string& asset,
                  v1::ReferenceRole role = v1::REFERENCE_ROLE_UNSPECIFIED);

// Most of `times`, in seconds and in any order, that lie within one second.
size_t MostInASecond(std::vector<double> times);

// Number of messages with a terminal state.
int CountTerminal(const std::vector<v1::WatchGenerationTaskResponse>& messages);

// A UUID that differs from call to call and is the same in every run.
std::string NextRequestId();

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_FIXTURE_H_
