#ifndef SEEDANCE_TESTS_E2E_CHAOS_FIXTURE_H_
#define SEEDANCE_TESTS_E2E_CHAOS_FIXTURE_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/watch.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/tcp_gate.h"

namespace seedance::e2e {

// Chaos tests have two forms: the short one that ctest runs, and with SEEDANCE_CHAOS=long in the environment the one
// with the full numbers (tests/e2e/chaos runs it). SEEDANCE_CHAOS_SEED repeats the draws of an earlier run; which
// request meets which draw still depends on timing.
bool LongForm();
template <typename T>
T InForm(T brief, T full) {
  return LongForm() ? full : brief;
}

// How one request id fared, as its caller sees it.
enum class Fate {
  kOpen,     // No final answer yet.
  kBound,    // To a resource.
  kInDoubt,  // The gateway says that the vendor may or may not have carried it out.
  kOther,    // An answer that must not come.
};

// Whether an error is of the kind that a caller tries again: the way to the gateway broke, or the gateway says so.
bool IsTransient(const grpc::Status& status, const client::ErrorDetails& error);

// What the caller of a create came to know of it.
struct Outcome {
  Fate fate = Fate::kOpen;
  std::string name;  // Of the resource, with kBound.
  std::string problem;
};
// What one try said.
template <typename T>
void Judge(const Answer<T>& answer, Outcome& outcome) {
  if (answer.ok()) {
    outcome.fate = Fate::kBound;
    outcome.name = answer.value.name();
    return;
  }
  const client::ErrorDetails error = answer.error();
  if (IsTransient(answer.status, error)) return;
  outcome.fate = error.reason == "OUTCOME_UNKNOWN" ? Fate::kInDoubt : Fate::kOther;
  outcome.problem = absl::StrCat(error.reason, ": ", answer.status.error_message());
}

// Whether nothing of the task is on its way to the vendor any more.
inline bool IsSettled(const v1::GenerationTask& task) {
  return task.state() == State::STATE_SUBMIT_UNKNOWN || client::IsTerminal(task.state());
}

// Gateway and sandbox with a gate between them, and one between clients and gateway.
class ChaosTest : public E2eTest {
 protected:
  void SetUp() override;
  // Says what the gates did, and that no sanitizer complained.
  void TearDown() override;

  // Starts gates and gateway in front of the sandbox, which runs already.
  void StartBehindGates(testing::GatewayOptions options = {});

  testing::TcpGate& vendor_gate() { return *vendor_gate_; }
  testing::TcpGate& client_gate() { return *client_gate_; }
  // A client of its own connection, through the gate.
  std::unique_ptr<Api> GatedApi() const { return std::make_unique<Api>(client_gate_->address(), ""); }

  // Ends the gateway with `signal` and starts it again. SIGTERM must end in exit code 0.
  void BounceGateway(int signal);

  // Of the test's own thread.
  std::mt19937_64& random() { return random_; }
  uint64_t seed() const { return seed_; }
  double Unit() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }
  // Lets time pass, up to `most`, while others work.
  void Pause(absl::Duration most);

  std::map<std::string, std::vector<std::string>> BillsByText() { return Must(sandbox().BillsByText()); }
  // Vendor's id of a task -> stage, `succeeded` and so on.
  std::map<std::string, std::string> StagesOfTasks();

 private:
  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::unique_ptr<testing::TcpGate> vendor_gate_;
  std::unique_ptr<testing::TcpGate> client_gate_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_CHAOS_FIXTURE_H_
