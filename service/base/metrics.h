#ifndef SEEDANCE_SERVICE_BASE_METRICS_H_
#define SEEDANCE_SERVICE_BASE_METRICS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/base/metric_table.h"
#include "service/base/mutex.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

// Metrics of the process in the text format of Prometheus.
namespace seedance::base {

// Counter, Gauge and Histogram are handles of one time series each: small values that may be copied and used by any
// thread. A default-constructed handle does nothing, so code need not ask whether metrics are on. Do not use a handle
// after its Metrics is destroyed.
class Counter {
 public:
  Counter() = default;
  // Adds `by`, which must not be negative.
  void Add(double by = 1);

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_ = nullptr;
};

// A value that goes up and down.
class Gauge {
 public:
  Gauge() = default;
  // Replaces the value.
  void Set(double value);
  // Adds `by`, which may be negative.
  void Add(double by);

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_ = nullptr;
};

// A distribution, counted in buckets with fixed bounds.
class Histogram {
 public:
  Histogram() = default;
  // Counts `value` in its bucket.
  void Observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_ = nullptr;
};

// The registry of the metrics in a table. Asking for a series creates it; the same name and labels give the same one. A
// name that is not in the table, or is of another type or has other labels there, gives a handle that does nothing, and
// a log line. Each series costs memory for ever. Thread-safe.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics() : Metrics(MetricTable()) {}
  explicit Metrics(const std::vector<MetricSpec>& table);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Handle of the series `name` with `labels`, which name all labels of the metric.
  base::Counter Counter(const std::string& name, const Labels& labels = {});
  base::Gauge Gauge(const std::string& name, const Labels& labels = {});
  base::Histogram Histogram(const std::string& name, const Labels& labels = {});

  // A gauge whose value is computed by `value` at each scrape, on the scraper's thread.
  void GaugeAtScrape(const std::string& name, const Labels& labels, std::function<double()> value);
  // Runs `update` at the start of each scrape, for gauges that are computed together. It runs on the scraper's thread,
  // must not block for long nor register callbacks, and must stay callable until the last scrape has ended.
  void AtScrape(std::function<void()> update);

  // All series in the text format 0.0.4. One scrape runs at a time; others wait.
  std::string Scrape();
  // The Content-Type of Scrape's result.
  static const char* ContentType();

 private:
  // prometheus-cpp's registry, kept out of this header.
  struct Families;

  base::Mutex scrape_mutex_;  // Serializes scrapes. Taken first; callbacks run under it.
  base::Mutex mutex_;
  std::unique_ptr<Families> families_ ABSL_PT_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> updates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_METRICS_H_
