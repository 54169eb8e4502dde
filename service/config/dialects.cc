#include <utility>

#include "service/config/dialect.h"

// Tests: tests/unit/config/config_upstreams_test.cc, tests/unit/config/engine_config_test.cc

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

using Row = std::pair<proto::Upstream::DialectCase, const Dialect& (*)()>;

constexpr Row kDialects[] = {
    {proto::Upstream::kAnyfast, &AnyFastConfig},
    {proto::Upstream::kPiapi, &PiApiConfig},
};

}  // namespace

const Dialect* FindDialect(const proto::Upstream& upstream) {
  for (const auto& [field, dialect] : kDialects) {
    if (upstream.dialect_case() == field) return &dialect();
  }
  return nullptr;
}

const Dialect& DialectOf(const proto::Upstream& upstream) { return *FindDialect(upstream); }

std::vector<std::string> DialectNames() {
  std::vector<std::string> names;
  for (const auto& [field, dialect] : kDialects) names.push_back(dialect().name());
  return names;
}

}  // namespace seedance::config
