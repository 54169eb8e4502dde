#ifndef SEEDANCE_SERVICE_BASE_METRIC_TABLE_H_
#define SEEDANCE_SERVICE_BASE_METRIC_TABLE_H_

#include <string>
#include <vector>

namespace seedance::base {

// A metric as operators know it.
struct MetricSpec {
  enum class Type { kCounter, kGauge, kHistogram };

  std::string name;  // Prometheus' conventions: base units at the end, `_total` for counters.
  Type type = Type::kCounter;
  std::vector<std::string> labels;  // Their values come from an enumeration or the configuration, never ids.
  std::vector<double> bounds;       // Histograms: upper bounds of the buckets, ascending, in the unit of the name.
  std::string help;                 // One sentence or two, without a line break.
};

// All metrics of the gateway, in the order of deploy/metrics.md, which is made from it. What is not in it cannot be
// measured (Metrics).
const std::vector<MetricSpec>& MetricTable();

// `counter`, `gauge` or `histogram`.
const char* MetricTypeName(MetricSpec::Type type);

// The table in Markdown, one metric a row: name, type, labels, help.
std::string MetricTableText();

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_METRIC_TABLE_H_
