#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_FAULTS_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "service/base/random.h"

namespace seedance::sandbox {

enum class FaultKind {
  kDelay,      // Waits before the call is processed, or (`after`) before the reply is sent.
  kStatus,     // Replies `status`, `retry_after` and `body` (default: a JSON error of the vendor's middleware).
  kHtml,       // Replies `status` (default 502) with an HTML page.
  kEmpty,      // Replies `status` (default 200) without a body.
  kTruncate,   // Processes the call, sends the headers and half of the body, closes.
  kReset,      // Resets the connection; the call is not processed.
  kDropReply,  // Processes the call, closes the connection without a byte.
};

// `drop_reply` and so on; nothing for another word.
std::optional<FaultKind> ParseFaultKind(const std::string& word);
const char* FaultKindName(FaultKind kind);

// Which calls go wrong, how, and how often.
struct FaultRule {
  int64_t id = 0;      // Given by Faults::Add.
  std::string method;  // Empty: any.
  std::string path;    // Prefix; empty: any.
  FaultKind kind = FaultKind::kStatus;
  int64_t times = 1;         // Fires at most so often; 0: for ever.
  double probability = 1;    // Of firing for a call that matches.
  absl::Duration delay;      // Real time, for kDelay.
  bool after = false;        // The call is processed (and billed) all the same; kDelay, kStatus, kHtml, kEmpty.
  int status = 0;            // 0: the kind's default.
  int64_t retry_after = -1;  // Seconds in a Retry-After header; -1: none.
  std::string body;
  int64_t fired = 0;
};

// The fault rules in order. Draws come from an own seeded source, so that ids do not depend on them. Thread-safe.
class Faults {
 public:
  explicit Faults(uint64_t seed) : seed_(seed), random_(seed) {}

  // Appends a rule and returns its id.
  int64_t Add(FaultRule rule);

  // The first rule that matches, still has a time left and wins its draw; counts it.
  std::optional<FaultRule> Pick(const std::string& method, const std::string& path);

  std::vector<FaultRule> Rules();

  // Forgets the rules.
  void Clear();
  // Forgets the rules and starts again from the seed.
  void Reset();

 private:
  const uint64_t seed_;
  base::Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<FaultRule> rules_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_FAULTS_H_
