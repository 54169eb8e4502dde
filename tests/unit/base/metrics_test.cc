#include "service/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "service/base/log.h"

namespace seedance::base {
namespace {

using ::testing::HasSubstr;

std::vector<MetricSpec> Table() {
  return {{"seedance_polls_total", MetricSpec::Type::kCounter, {"upstream"}, {}, "Polls."},
          {"seedance_streams", MetricSpec::Type::kGauge, {}, {}, "Streams."},
          {"seedance_scrapes", MetricSpec::Type::kGauge, {}, {}, "Scrapes."},
          {"seedance_lag_seconds", MetricSpec::Type::kHistogram, {}, {1, 10}, "Lag."}};
}

TEST(MetricsTest, SeriesAreWrittenWithHelpKindAndLabels) {
  Metrics metrics(Table());
  metrics.Counter("seedance_polls_total", {{"upstream", "a"}}).Add();
  metrics.Counter("seedance_polls_total", {{"upstream", "a"}}).Add(2);
  metrics.Counter("seedance_polls_total", {{"upstream", "b\"\n"}}).Add();
  metrics.Gauge("seedance_streams").Set(7);
  Histogram lag = metrics.Histogram("seedance_lag_seconds");
  lag.Observe(0.5);
  lag.Observe(100);
  const std::string text = metrics.Scrape();
  EXPECT_THAT(text, HasSubstr("# HELP seedance_polls_total Polls.\n# TYPE seedance_polls_total counter\n"));
  EXPECT_THAT(text, HasSubstr("seedance_polls_total{upstream=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("seedance_polls_total{upstream=\"b\\\"\\n\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE seedance_streams gauge\nseedance_streams 7\n"));
  EXPECT_THAT(text, HasSubstr("seedance_lag_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_lag_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_lag_seconds_count 2\n"));
}

TEST(MetricsTest, GaugesOfAScrapeAreAskedAtEachScrape) {
  Metrics metrics(Table());
  int value = 0;
  int scrapes = 0;
  metrics.GaugeAtScrape("seedance_streams", {}, [&] { return ++value; });
  metrics.AtScrape([&] { metrics.Gauge("seedance_scrapes").Set(++scrapes); });
  EXPECT_THAT(metrics.Scrape(), HasSubstr("seedance_streams 1\n"));
  const std::string text = metrics.Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_streams 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_scrapes 2\n"));
}

TEST(MetricsTest, WhatTheTableDoesNotHaveIsNotMeasured) {
  SetLogLevel(LogLevel::kError);
  Counter().Add();
  Gauge().Set(1);
  Histogram().Observe(1);
  Metrics metrics(Table());
  metrics.Counter("seedance_unknown_total").Add();
  metrics.Counter("seedance_polls_total").Add();
  metrics.Counter("seedance_polls_total", {{"tenant", "a"}}).Add();
  metrics.Counter("seedance_polls_total", {{"upstream", "a"}, {"tenant", "a"}}).Add();
  metrics.Gauge("seedance_polls_total", {{"upstream", "a"}}).Set(5);
  metrics.Histogram("seedance_streams").Observe(5);
  EXPECT_EQ(metrics.Scrape(), "");
}

TEST(MetricsTest, IsUsedByManyThreads) {
  Metrics metrics(Table());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int j = 0; j < 500; ++j) {
        metrics.Counter("seedance_polls_total", {{"upstream", j % 2 == 0 ? "even" : "odd"}}).Add();
      }
      (void)metrics.Scrape();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Scrape(), HasSubstr("seedance_polls_total{upstream=\"odd\"} 1000\n"));
}

}  // namespace
}  // namespace seedance::base
