#include "service/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "service/base/log.h"

namespace seedance::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTest, SeriesAreWrittenWithHelpKindAndLabels) {
  Metrics metrics;
  metrics.Counter("seedance_polls_total", "Polls.", {{"upstream", "a"}}).Add();
  metrics.Counter("seedance_polls_total", "Polls.", {{"upstream", "a"}}).Add(2);
  metrics.Counter("seedance_polls_total", "Polls.", {{"upstream", "b\"\n"}}).Add();
  metrics.Gauge("seedance_streams", "Streams.").Set(7);
  Histogram lag = metrics.Histogram("seedance_lag_seconds", "Lag.", {1, 10});
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
  Metrics metrics;
  int value = 0;
  int scrapes = 0;
  metrics.GaugeAtScrape("seedance_value", "Value.", {}, [&] { return ++value; });
  metrics.AtScrape([&] { metrics.Gauge("seedance_scrapes", "Scrapes.").Set(++scrapes); });
  EXPECT_THAT(metrics.Scrape(), HasSubstr("seedance_value 1\n"));
  const std::string text = metrics.Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_value 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_scrapes 2\n"));
}

TEST(MetricsTest, HandlesOfNobodyAndOfRefusedNamesDoNothing) {
  SetLogLevel(LogLevel::kError);
  Counter().Add();
  Gauge().Set(1);
  Histogram().Observe(1);
  Metrics metrics;
  metrics.Counter("not a name", "Spaces.").Add();
  metrics.Counter("seedance_total", "A counter.").Add();
  metrics.Gauge("seedance_total", "The same name.").Set(5);
  metrics.Counter("seedance_bad_label_total", "A label.", {{"not a label", "x"}}).Add();
  const std::string text = metrics.Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_total 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("not a")));
  EXPECT_THAT(text, Not(HasSubstr("seedance_total 5")));
}

TEST(MetricsTest, IsUsedByManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int j = 0; j < 500; ++j) {
        metrics.Counter("seedance_calls_total", "Calls.", {{"kind", j % 2 == 0 ? "even" : "odd"}}).Add();
      }
      (void)metrics.Scrape();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Scrape(), HasSubstr("seedance_calls_total{kind=\"odd\"} 1000\n"));
}

}  // namespace
}  // namespace seedance::base
