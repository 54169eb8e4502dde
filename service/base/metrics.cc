#include "service/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

#include "service/base/log.h"

namespace seedance::base {
namespace {

template <typename Kind>
void Collect(const std::unique_ptr<prometheus::Family<Kind>>& family, std::vector<prometheus::MetricFamily>& all) {
  if (family == nullptr) return;
  for (prometheus::MetricFamily& each : family->Collect()) all.push_back(std::move(each));
}

bool HasLabels(const MetricSpec& spec, const Metrics::Labels& labels) {
  return labels.size() == spec.labels.size() &&
         std::all_of(spec.labels.begin(), spec.labels.end(),
                     [&labels](const std::string& label) { return labels.count(label) > 0; });
}

}  // namespace

struct Metrics::Families {
  template <typename Kind>
  using Family = std::unique_ptr<prometheus::Family<Kind>>;

  // One metric: the family of its type is set.
  struct Metric {
    MetricSpec spec;
    Family<prometheus::Counter> counters = nullptr;
    Family<prometheus::Gauge> gauges = nullptr;
    Family<prometheus::Histogram> histograms = nullptr;
  };

  std::map<std::string, Metric> metrics;

  // The metric of that name, type and labels; null: there is none.
  Metric* Find(const std::string& name, MetricSpec::Type type, const Labels& labels) {
    const auto found = metrics.find(name);
    if (found != metrics.end() && found->second.spec.type == type && HasLabels(found->second.spec, labels)) {
      return &found->second;
    }
    Log(LogLevel::kError, "metric_refused",
        {{"metric", name}, {"cause", found == metrics.end() ? "unknown" : "another type, or other labels"}});
    return nullptr;
  }
};

void Counter::Add(double by) {
  if (series_ != nullptr) series_->Increment(by);
}

void Gauge::Set(double value) {
  if (series_ != nullptr) series_->Set(value);
}

void Gauge::Add(double by) {
  if (series_ != nullptr) series_->Increment(by);
}

void Histogram::Observe(double value) {
  if (series_ != nullptr) series_->Observe(value);
}

Metrics::Metrics(const std::vector<MetricSpec>& table) : families_(std::make_unique<Families>()) {
  for (const MetricSpec& spec : table) {
    Families::Metric& metric = families_->metrics[spec.name];
    metric.spec = spec;
    const prometheus::Labels none;
    switch (spec.type) {
      case MetricSpec::Type::kCounter:
        metric.counters = std::make_unique<prometheus::Family<prometheus::Counter>>(spec.name, spec.help, none);
        break;
      case MetricSpec::Type::kGauge:
        metric.gauges = std::make_unique<prometheus::Family<prometheus::Gauge>>(spec.name, spec.help, none);
        break;
      case MetricSpec::Type::kHistogram:
        metric.histograms = std::make_unique<prometheus::Family<prometheus::Histogram>>(spec.name, spec.help, none);
        break;
    }
  }
}

Metrics::~Metrics() = default;

base::Counter Metrics::Counter(const std::string& name, const Labels& labels) {
  MutexLock lock(mutex_);
  Families::Metric* metric = families_->Find(name, MetricSpec::Type::kCounter, labels);
  if (metric == nullptr) return {};
  return base::Counter(&metric->counters->Add({labels.begin(), labels.end()}));
}

base::Gauge Metrics::Gauge(const std::string& name, const Labels& labels) {
  MutexLock lock(mutex_);
  Families::Metric* metric = families_->Find(name, MetricSpec::Type::kGauge, labels);
  if (metric == nullptr) return {};
  return base::Gauge(&metric->gauges->Add({labels.begin(), labels.end()}));
}

base::Histogram Metrics::Histogram(const std::string& name, const Labels& labels) {
  MutexLock lock(mutex_);
  Families::Metric* metric = families_->Find(name, MetricSpec::Type::kHistogram, labels);
  if (metric == nullptr) return {};
  return base::Histogram(&metric->histograms->Add({labels.begin(), labels.end()}, metric->spec.bounds));
}

void Metrics::GaugeAtScrape(const std::string& name, const Labels& labels, std::function<double()> value) {
  base::Gauge gauge = Gauge(name, labels);
  AtScrape([gauge, value = std::move(value)]() mutable { gauge.Set(value()); });
}

void Metrics::AtScrape(std::function<void()> update) {
  MutexLock lock(mutex_);
  updates_.push_back(std::move(update));
}

std::string Metrics::Scrape() {
  MutexLock one_at_a_time(scrape_mutex_);
  std::vector<std::function<void()>> updates;
  {
    MutexLock lock(mutex_);
    updates = updates_;
  }
  // Not under the lock: the callbacks may take locks under which handles are made.
  for (const auto& update : updates) update();
  std::vector<prometheus::MetricFamily> all;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, metric] : families_->metrics) {
      Collect(metric.counters, all);
      Collect(metric.gauges, all);
      Collect(metric.histograms, all);
    }
  }
  return prometheus::TextSerializer().Serialize(all);
}

const char* Metrics::ContentType() { return "text/plain; version=0.0.4; charset=utf-8"; }

}  // namespace seedance::base
