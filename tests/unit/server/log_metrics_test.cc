#include "service/server/log_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "service/base/clock.h"
#include "service/base/log.h"
#include "service/base/metrics.h"
#include "service/server/process_metrics.h"

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

TEST(ProcessMetrics, AreThoseOfThisProcess) {
  base::Metrics metrics;
  ExportProcess(metrics, base::RealClock());
  const auto value = [&metrics](const std::string& name) {
    const std::string text = metrics.Scrape();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
  const double open = value("process_open_fds");
  EXPECT_GE(open, 3);
  const int one = dup(2);
  EXPECT_EQ(value("process_open_fds"), open + 1);
  close(one);
  EXPECT_GE(value("process_max_fds"), open);
  EXPECT_GE(value("process_threads"), 1);
  const double used = value("process_cpu_seconds_total");
  EXPECT_GT(used, 0);
  for (int i = 0; i < 20; ++i) (void)metrics.Scrape();
  EXPECT_GE(value("process_cpu_seconds_total"), used);
  EXPECT_LE(value("process_cpu_seconds_total"), static_cast<double>(std::clock()) / CLOCKS_PER_SEC + 0.1)
      << "counted once, however many scrapes there are";
}

}  // namespace
}  // namespace seedance::server
