#include "tests/bench/bench.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace seedance::bench {
namespace {

constexpr int kSkipped = 77;  // By which ctest knows a test that was skipped.
constexpr std::string_view kSanitizers = SEEDANCE_SANITIZERS;

// Why figures of this build would mean nothing; empty when they do mean something.
std::string WhyMeaningless() {
  if (kSanitizers.empty()) return "";
  return absl::StrCat("this build has sanitizers (", std::string(kSanitizers),
                      "), which multiply memory and time; tests/bench/run builds one without them");
}

int Usage(const std::string& name, const std::string& purpose, const std::vector<Option>& options) {
  fprintf(stderr, "%s: %s\n\n  %s [--quick] [--json=FILE]", name.c_str(), purpose.c_str(), name.c_str());
  for (const Option& option : options) fprintf(stderr, " [--%s=N]", option.name.c_str());
  fprintf(stderr, "\n\n  --quick   shows that it works, with few rounds, and judges no figure\n");
  fprintf(stderr, "  --json    appends the rows to FILE, one JSON object each\n");
  for (const Option& option : options) {
    fprintf(stderr, "  --%s   %s (%d; quick: %d)\n", option.name.c_str(), option.what.c_str(), option.full,
            option.quick);
  }
  return 2;
}

// The text behind `--name=`, if the argument begins so.
bool Consume(std::string_view argument, const std::string& name, std::string& value) {
  const std::string prefix = absl::StrCat("--", name, "=");
  if (argument.substr(0, prefix.size()) != prefix) return false;
  value = std::string(argument.substr(prefix.size()));
  return true;
}

bool ParseNumber(std::string_view argument, const std::vector<Option>& options, std::map<std::string, int>& numbers) {
  for (const Option& option : options) {
    std::string text;
    int value = 0;
    if (!Consume(argument, option.name, text)) continue;
    if (!absl::SimpleAtoi(text, &value) || value < 1) return false;
    numbers[option.name] = value;
    return true;
  }
  return false;
}

}  // namespace

void Bench::Add(const Row& row) {
  ++rows_;
  if (const std::string defect = row.Defect(); !defect.empty()) {
    Fail(absl::StrCat(row.id, ": ", defect));
    return;
  }
  printf("%s\n", LineOf(row, judge_).c_str());
  fflush(stdout);
  WriteJson(JsonOf(name_, row));
  if (row.exact && row.Met() == false) Fail(absl::StrCat(row.id, " must be met on any machine: ", LineOf(row, true)));
}

void Bench::Skip(const std::string& id, const std::string& what, const std::string& reason) {
  ++rows_;
  printf("%-28s SKIPPED: %s\n", id.c_str(), reason.c_str());
  fflush(stdout);
  WriteJson(SkippedJsonOf(name_, id, what, reason));
}

void Bench::Progress(const std::string& text) const {
  if (quick_) return;
  fprintf(stderr, "    %s: %s\n", name_.c_str(), text.c_str());
}

bool Bench::Fail(const std::string& why) {
  failed_ = true;
  fprintf(stderr, "%s: FAILED: %s\n", name_.c_str(), why.c_str());
  return false;
}

bool Bench::Check(const absl::Status& status, const std::string& what) {
  if (status.ok()) return true;
  return Fail(absl::StrCat(what, ": ", status.ToString()));
}

void Bench::WriteJson(const std::string& line) {
  if (json_.is_open() && !(json_ << line << std::endl)) Fail("cannot write the rows");
}

int RunBench(int argc, char** argv, const std::string& name, const std::string& purpose,
             const std::vector<Option>& options, absl::FunctionRef<bool(Bench&)> body) {
  Bench bench(name);
  std::string json_path;
  std::map<std::string, int> given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") {
      bench.quick_ = true;
    } else if (!Consume(argument, "json", json_path) && !ParseNumber(argument, options, given)) {
      return Usage(name, purpose, options);
    }
  }
  for (const Option& option : options) bench.numbers_[option.name] = bench.quick_ ? option.quick : option.full;
  for (const auto& [option, value] : given) bench.numbers_[option] = value;
  const std::string meaningless = WhyMeaningless();
  if (!meaningless.empty() && !bench.quick_) return printf("SKIPPED: %s\n", meaningless.c_str()), kSkipped;
  bench.judge_ = !bench.quick_;
  if (!json_path.empty()) {
    bench.json_.open(json_path, std::ios::app);
    if (!bench.json_.is_open()) return fprintf(stderr, "%s: cannot write %s\n", name.c_str(), json_path.c_str()), 1;
  }
  if (!body(bench)) bench.failed_ = true;
  if (bench.rows_ == 0 && !bench.failed_) bench.Fail("no row was measured");
  return bench.failed_ ? 1 : 0;
}

}  // namespace seedance::bench
