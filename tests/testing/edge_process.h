#ifndef SEEDANCE_TESTS_TESTING_EDGE_PROCESS_H_
#define SEEDANCE_TESTS_TESTING_EDGE_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::testing {

// nginx with the configuration of deploy/edge on a free port of 127.0.0.1, with a certificate of its own. Not
// thread-safe.
class EdgeProcess {
 public:
  // Starts it in front of `gateway` (`host:port`) and waits until it accepts connections. `values` are more of those of
  // deploy/edge/configure, each `NAME=VALUE`. NOT_FOUND when nginx is not installed.
  static absl::StatusOr<std::unique_ptr<EdgeProcess>> Start(const std::string& gateway,
                                                            const std::vector<std::string>& values = {});
  // Ends it with its workers.
  ~EdgeProcess();

  const std::string& address() const { return address_; }
  // PEM certificate that callers trust; its name is `localhost`.
  std::string authority() const { return ReadFile(dir_.File("certificate.pem")); }
  // The master: SIGQUIT lets streams end.
  Process& process() { return *process_; }
  // Resident memory of the workers in bytes.
  int64_t ResidentBytes() const;
  // What it wrote: errors, and why it did not start.
  std::string Log() const { return ReadFile(dir_.File("log")) + ReadFile(dir_.File("error.log")); }
  // Number of files that hold parts of requests or answers.
  int BufferFiles() const;

 private:
  EdgeProcess() = default;
  // Runs a program to its end.
  absl::Status Run(const std::vector<std::string>& argv, const std::string& stdout_path);
  absl::Status Configure(const std::string& gateway, const std::vector<std::string>& values);

  TempDir dir_;
  std::string address_;
  std::unique_ptr<Process> process_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_EDGE_PROCESS_H_
