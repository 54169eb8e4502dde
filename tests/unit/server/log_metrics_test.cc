#include "service/server/log_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "service/base/log.h"
#include "service/base/metrics.h"

namespace seedance::server {
namespace {

TEST(LogMetrics, DroppedLinesAreAMetric) {
  base::Metrics metrics;
  ExportDroppedLogLines(metrics);
  base::SetLogRates({.own = 1'000'000, .anyone = 0.001});
  const auto log = [] { base::Log(base::LogLevel::kInfo, "measured", {}, {.cause = base::LogCause::kAnyone}); };
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 8; ++i) log();
  const std::string first = metrics.Scrape();
  EXPECT_NE(first.find("seedance_log_lines_dropped_total{kind=\"measured\"} 7"), std::string::npos) << first;
  log();
  const std::string second = metrics.Scrape();
  EXPECT_NE(second.find("seedance_log_lines_dropped_total{kind=\"measured\"} 8"), std::string::npos) << second;
  base::SetLogRates({});
  ::testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace seedance::server
