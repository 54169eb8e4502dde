#ifndef SEEDANCE_SERVICE_BASE_METRICS_H_
#define SEEDANCE_SERVICE_BASE_METRICS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/base/mutex.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

// What operators see of the process, in the text format of Prometheus.
namespace seedance::base {

// Handles of one time series each: small values that may be copied and used by any thread. One that no Metrics made
// does nothing, so that code need not ask whether anybody measures. They must not be used after their Metrics is gone.
class Counter {
 public:
  Counter() = default;
  void Add(double by = 1);

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void Set(double value);
  void Add(double by);

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void Observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_ = nullptr;
};

// The registry. A metric is made by asking for it; the same name and labels give the same series. The help text, the
// kind and the buckets of a name are those of the first call; a name of another kind, or one that Prometheus does not
// allow, gives a handle that does nothing, and a line in the log. Names begin with `seedance_`. Values of labels must
// be few: those of an enumeration or of the configuration, never ids. Thread-safe.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  base::Counter Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  base::Gauge Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds`: upper bounds of the buckets, growing.
  base::Histogram Histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                            const Labels& labels = {});

  // A gauge whose value is asked for at each scrape.
  void GaugeAtScrape(const std::string& name, const std::string& help, const Labels& labels,
                     std::function<double()> value);
  // Runs at the begin of each scrape, for gauges that are computed together. It runs on the scraper's thread, must not
  // block for long nor register callbacks, and must be callable until the last scrape has ended.
  void AtScrape(std::function<void()> update);

  // All series in the text format 0.0.4.
  std::string Scrape();
  // The Content-Type of that.
  static const char* ContentType();

 private:
  struct Families;

  base::Mutex scrape_mutex_;  // One scrape at a time. Taken alone, and callbacks run under it.
  base::Mutex mutex_;
  std::unique_ptr<Families> families_ ABSL_PT_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> updates_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_METRICS_H_
