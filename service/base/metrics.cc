#include "service/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <utility>

#include "service/base/log.h"

namespace seedance::base {
namespace {

template <typename Kind>
using FamiliesOf = std::map<std::string, std::unique_ptr<prometheus::Family<Kind>>>;

// The series of that name and labels, created at first use. Null when the library refuses the name or a label.
template <typename Kind, typename... Args>
Kind* Find(FamiliesOf<Kind>& families, const std::string& name, const std::string& help, const Metrics::Labels& labels,
           const Args&... args) {
  try {
    std::unique_ptr<prometheus::Family<Kind>>& family = families[name];
    if (family == nullptr) family = std::make_unique<prometheus::Family<Kind>>(name, help, prometheus::Labels());
    return &family->Add(prometheus::Labels(labels.begin(), labels.end()), args...);
  } catch (const std::exception& error) {
    if (families[name] == nullptr) families.erase(name);
    Log(LogLevel::kError, "metric_refused", {{"metric", name}, {"cause", error.what()}});
    return nullptr;
  }
}

template <typename Kind>
void Collect(const FamiliesOf<Kind>& families, std::vector<prometheus::MetricFamily>& all) {
  for (const auto& [name, family] : families) {
    for (prometheus::MetricFamily& each : family->Collect()) all.push_back(std::move(each));
  }
}

}  // namespace

struct Metrics::Families {
  FamiliesOf<prometheus::Counter> counters;
  FamiliesOf<prometheus::Gauge> gauges;
  FamiliesOf<prometheus::Histogram> histograms;

  // Whether another kind has that name already.
  bool IsTaken(const std::string& name, const void* by) const {
    const bool taken = (by != &counters && counters.count(name) > 0) || (by != &gauges && gauges.count(name) > 0) ||
                       (by != &histograms && histograms.count(name) > 0);
    if (taken)
      Log(LogLevel::kError, "metric_refused", {{"metric", name}, {"cause", "another type of metric has this name"}});
    return taken;
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

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

base::Counter Metrics::Counter(const std::string& name, const std::string& help, const Labels& labels) {
  MutexLock lock(mutex_);
  if (families_->IsTaken(name, &families_->counters)) return {};
  return base::Counter(Find(families_->counters, name, help, labels));
}

base::Gauge Metrics::Gauge(const std::string& name, const std::string& help, const Labels& labels) {
  MutexLock lock(mutex_);
  if (families_->IsTaken(name, &families_->gauges)) return {};
  return base::Gauge(Find(families_->gauges, name, help, labels));
}

base::Histogram Metrics::Histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                   const Labels& labels) {
  MutexLock lock(mutex_);
  if (families_->IsTaken(name, &families_->histograms)) return {};
  return base::Histogram(Find(families_->histograms, name, help, labels, bounds));
}

void Metrics::GaugeAtScrape(const std::string& name, const std::string& help, const Labels& labels,
                            std::function<double()> value) {
  base::Gauge gauge = Gauge(name, help, labels);
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
    Collect(families_->counters, all);
    Collect(families_->gauges, all);
    Collect(families_->histograms, all);
  }
  return prometheus::TextSerializer().Serialize(all);
}

const char* Metrics::ContentType() { return "text/plain; version=0.0.4; charset=utf-8"; }

}  // namespace seedance::base
