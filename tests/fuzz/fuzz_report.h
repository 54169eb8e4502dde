#ifndef SEEDANCE_TESTS_FUZZ_FUZZ_REPORT_H_
#define SEEDANCE_TESTS_FUZZ_FUZZ_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "service/base/mutex.h"
#include "tests/fuzz/api_methods.h"
#include "tests/fuzz/fuzz_call.h"

namespace seedance::fuzz {

// What a run has found: counts of answers by kind, and calls with a fault, the first few of each method and fault as
// files that `--replay` reads. Thread-safe.
class FuzzReport {
 public:
  // Files go to `folder`, which must exist.
  explicit FuzzReport(std::string folder) : folder_(std::move(folder)) {}

  // Counts the answer and checks it (answer_check.h).
  void Add(const ApiMethod& method, const FuzzCall& call, const FuzzAnswer& answer);

  // A fault of the run as a whole.
  void AddFault(const std::string& fault);

  // Writes `call` as a file without judging it: it was under way when something broke. Returns the path.
  std::string Keep(const FuzzCall& call, const std::string& name);

  // Every INTERNAL answer must have a line of level error with its trace in `log`.
  void CheckInternalsAreLogged(const std::string& log);

  // Number of calls, answers by kind and by method.
  std::string Summary() const;
  int64_t calls() const;
  bool clean() const;

 private:
  struct Internal {
    std::string path;
    std::string trace_id;
  };

  const std::string folder_;
  mutable base::Mutex mutex_;
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> kinds_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::map<std::string, int64_t>> codes_of_ ABSL_GUARDED_BY(mutex_);  // By method.
  std::map<std::string, int64_t> faults_ ABSL_GUARDED_BY(mutex_);                           // By method and fault.
  std::vector<Internal> internals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_FUZZ_REPORT_H_
