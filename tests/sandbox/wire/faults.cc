#include "tests/sandbox/wire/faults.h"

#include <utility>

#include "absl/strings/match.h"

namespace seedance::sandbox {
namespace {

constexpr std::pair<const char*, FaultKind> kKinds[] = {
    {"delay", FaultKind::kDelay},          {"status", FaultKind::kStatus},     {"html", FaultKind::kHtml},
    {"empty", FaultKind::kEmpty},          {"truncate", FaultKind::kTruncate}, {"reset", FaultKind::kReset},
    {"drop_reply", FaultKind::kDropReply},
};

bool Matches(const FaultRule& rule, const std::string& method, const std::string& path) {
  return (rule.method.empty() || rule.method == method) && absl::StartsWith(path, rule.path);
}

}  // namespace

std::optional<FaultKind> ParseFaultKind(const std::string& word) {
  for (const auto& [name, kind] : kKinds) {
    if (word == name) return kind;
  }
  return std::nullopt;
}

const char* FaultKindName(FaultKind kind) {
  for (const auto& [name, named] : kKinds) {
    if (kind == named) return name;
  }
  return "";
}

int64_t Faults::Add(FaultRule rule) {
  base::MutexLock lock(mutex_);
  rule.id = ++last_id_;
  rule.fired = 0;
  rules_.push_back(std::move(rule));
  return last_id_;
}

std::optional<FaultRule> Faults::Pick(const std::string& method, const std::string& path) {
  base::MutexLock lock(mutex_);
  for (FaultRule& rule : rules_) {
    if (!Matches(rule, method, path) || (rule.times > 0 && rule.fired >= rule.times)) continue;
    const double draw = static_cast<double>(random_() >> 11) * 0x1.0p-53;
    if (draw >= rule.probability) continue;
    ++rule.fired;
    return rule;
  }
  return std::nullopt;
}

std::vector<FaultRule> Faults::Rules() {
  base::MutexLock lock(mutex_);
  return rules_;
}

void Faults::Clear() {
  base::MutexLock lock(mutex_);
  rules_.clear();
}

void Faults::Reset() {
  base::MutexLock lock(mutex_);
  rules_.clear();
  last_id_ = 0;
  random_.seed(seed_);
}

}  // namespace seedance::sandbox
