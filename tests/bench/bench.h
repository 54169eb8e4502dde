#ifndef SEEDANCE_TESTS_BENCH_BENCH_H_
#define SEEDANCE_TESTS_BENCH_BENCH_H_

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/bench/report.h"

namespace seedance::bench {

// A number that a bench may be given as `--NAME=NUMBER`.
struct Option {
  std::string name;
  int full = 0;   // In the full form.
  int quick = 0;  // In the quick form, which only shows that the bench works.
  std::string what;
};

// One run of one bench: what it was asked for, and where its rows go.
class Bench {
 public:
  bool quick() const { return quick_; }
  // Value of an option.
  int Number(const std::string& name) const { return numbers_.at(name); }

  // Prints the row and writes it for the report. A row with a defect, or an exact one that misses its goal, fails the
  // run.
  void Add(const Row& row);
  // A row that cannot be measured, with the reason.
  void Skip(const std::string& id, const std::string& what, const std::string& reason);
  // A line on what goes on, for a person who waits.
  void Progress(const std::string& text) const;
  // Fails the run; returns false.
  bool Fail(const std::string& why);
  // The same unless the status is OK; returns whether it is.
  bool Check(const absl::Status& status, const std::string& what);

 private:
  friend int RunBench(int argc, char** argv, const std::string& name, const std::string& purpose,
                      const std::vector<Option>& options, absl::FunctionRef<bool(Bench&)> body);
  explicit Bench(std::string name) : name_(std::move(name)) {}
  void WriteJson(const std::string& line);

  const std::string name_;
  bool quick_ = false;
  bool judge_ = true;
  bool failed_ = false;
  int rows_ = 0;
  std::map<std::string, int> numbers_;
  std::ofstream json_;
};

// What main of a bench returns: parses `[--quick] [--json=FILE] [--NAME=NUMBER]...`, runs `body`, which says false
// when it could not measure. 0: measured, whether or not the goals are met. 1: it did not work. 2: usage. 77: skipped,
// because figures of this build would mean nothing; the quick form runs all the same and prints no figures.
int RunBench(int argc, char** argv, const std::string& name, const std::string& purpose,
             const std::vector<Option>& options, absl::FunctionRef<bool(Bench&)> body);

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_BENCH_H_
