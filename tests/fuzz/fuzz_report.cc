#include "tests/fuzz/fuzz_report.h"

#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/fuzz/answer_check.h"
#include "tests/testing/temp_dir.h"

namespace seedance::fuzz {
namespace {

constexpr int64_t kMostFilesPerFault = 3;
constexpr size_t kMostFaults = 200;

// Without what differs from call to call, so that equal faults count as one.
std::string Class(const std::string& fault) {
  std::string key;
  for (const char c : fault.substr(0, 120)) key += c >= '0' && c <= '9' ? '0' : c;
  return key;
}

}  // namespace

std::string FuzzReport::Keep(const FuzzCall& call, const std::string& name) {
  std::string path = absl::StrCat(folder_, "/", name, ".call");
  if (!testing::WriteFile(path, SerializeEntry(call))) std::cerr << "cannot write " << path << "\n";
  return path;
}

void FuzzReport::Add(const ApiMethod& method, const FuzzCall& call, const FuzzAnswer& answer) {
  const std::string kind = KindOf(answer.status);
  const std::string fault = FaultOf(method, call, answer);
  base::MutexLock lock(mutex_);
  ++calls_;
  ++kinds_[kind];
  ++codes_of_[method.descriptor->name()][kind.substr(0, kind.find(' '))];
  if (answer.status.error_code() == grpc::StatusCode::INTERNAL) internals_.push_back({call.path, answer.trace_id});
  if (fault.empty() || faults_.size() >= kMostFaults) return;
  const int64_t count = ++faults_[absl::StrCat(method.descriptor->name(), ": ", Class(fault))];
  if (count > kMostFilesPerFault) return;
  const std::string path = Keep(call, absl::StrCat(method.descriptor->name(), "-", answer.trace_id.substr(0, 12)));
  std::cerr << "FAULT " << method.descriptor->name() << ": " << fault << "\n  repeat it with --replay " << path << "\n";
}

void FuzzReport::AddFault(const std::string& fault) {
  base::MutexLock lock(mutex_);
  ++faults_[fault];
  std::cerr << "FAULT " << fault << "\n";
}

void FuzzReport::CheckInternalsAreLogged(const std::string& log) {
  std::vector<Internal> internals;
  {
    base::MutexLock lock(mutex_);
    internals = internals_;
  }
  std::string errors;
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    if (absl::StrContains(line, "\"level\":\"error\"")) absl::StrAppend(&errors, line, "\n");
  }
  for (const Internal& each : internals) {
    if (!absl::StrContains(errors, each.trace_id)) {
      AddFault(absl::StrCat("INTERNAL without a line of level error: ", each.path, " trace ", each.trace_id));
    }
  }
}

std::string FuzzReport::Summary() const {
  base::MutexLock lock(mutex_);
  std::string text = absl::StrCat(calls_, " calls\n");
  for (const auto& [kind, count] : kinds_) absl::StrAppendFormat(&text, "  %9d %s\n", count, kind);
  for (const auto& [method, codes] : codes_of_) {
    absl::StrAppendFormat(&text, "  %-26s", method);
    for (const auto& [code, count] : codes) absl::StrAppend(&text, " ", code, "=", count);
    text += "\n";
  }
  for (const auto& [fault, count] : faults_) absl::StrAppend(&text, "FAULT x", count, " ", fault, "\n");
  return text;
}

int64_t FuzzReport::calls() const {
  base::MutexLock lock(mutex_);
  return calls_;
}

bool FuzzReport::clean() const {
  base::MutexLock lock(mutex_);
  return faults_.empty();
}

}  // namespace seedance::fuzz
