#include "service/base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace seedance::base {
namespace {

TEST(JsonQuote, EscapesWhatJsonForbids) {
  EXPECT_EQ(JsonQuote(""), "\"\"");
  EXPECT_EQ(JsonQuote("plain /~"), "\"plain /~\"");
  EXPECT_EQ(JsonQuote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(JsonQuote("line\nfeed\ttab\x7f"), R"("line\u000afeed\u0009tab\u007f")");
  EXPECT_EQ(JsonQuote(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonQuote, KeepsUtf8AndReplacesOtherBytes) {
  EXPECT_EQ(JsonQuote("ä猫😀"), "\"ä猫😀\"");
  EXPECT_EQ(JsonQuote("\xff!"), R"("\ufffd!")");
  EXPECT_EQ(JsonQuote("cut \xe7\x8c"), R"("cut \ufffd\ufffd")");
}

TEST(LogField, FormatsEachType) {
  EXPECT_EQ(LogField("k", "v\n").json(), R"("k":"v\u000a")");
  EXPECT_EQ(LogField("k", std::string("s")).json(), R"("k":"s")");
  EXPECT_EQ(LogField("k", 7).json(), R"("k":7)");
  EXPECT_EQ(LogField("k", std::numeric_limits<int64_t>::min()).json(), R"("k":-9223372036854775808)");
  EXPECT_EQ(LogField("k", 1.5).json(), R"("k":1.500)");
  EXPECT_EQ(LogField("k", true).json(), R"("k":true)");
}

TEST(LogField, NumbersThatJsonLacksAreNull) {
  EXPECT_EQ(LogField("k", std::numeric_limits<double>::infinity()).json(), R"("k":null)");
  EXPECT_EQ(LogField("k", std::numeric_limits<double>::quiet_NaN()).json(), R"("k":null)");
}

std::string Captured() {
  FlushLog();
  return ::testing::internal::GetCapturedStderr();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    lines.push_back(text.substr(at, text.find('\n', at) - at));
  }
  return lines;
}

TEST(Log, WritesOneJsonLine) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "some_event", {{"text", "a\nb"}, {"number", 1}});
  const std::string out = Captured();
  ASSERT_EQ(Lines(out).size(), 1u) << out;
  EXPECT_EQ(out.substr(0, 9), "{\"time\":\"");
  EXPECT_EQ(out.substr(out.find("\",\"level\"")),
            "\",\"level\":\"warning\",\"event\":\"some_event\","
            "\"text\":\"a\\u000ab\",\"number\":1}\n");
}

TEST(LogLine, IsTheLineOfItsFields) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "e", {{"text", "a\nb"}, {"number", 1.5}, {"more", true}});
  LogLine line(LogLevel::kInfo, "e");
  line.Add("text", "a\nb");
  line.Add("number", 1.5);
  line.Add(LogField("more", true));
  line.Write();
  const std::vector<std::string> lines = Lines(Captured());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].substr(lines[0].find("\",\"level")), lines[1].substr(lines[1].find("\",\"level")));
}

TEST(LogLine, BelowTheLevelIsNothing) {
  ::testing::internal::CaptureStderr();
  LogLine line(LogLevel::kDebug, "e");
  line.Add("text", "t");
  line.Add("number", 1.5);
  line.Write();
  EXPECT_EQ(Captured(), "");
}

TEST(Log, TimesHaveMilliseconds) {
  ::testing::internal::CaptureStderr();
  const absl::Time before = absl::Now();
  Log(LogLevel::kInfo, "e", {});
  const std::string out = Captured();
  absl::Time time;
  std::string error;
  const std::string text = out.substr(9, 24);
  ASSERT_TRUE(absl::ParseTime("%Y-%m-%dT%H:%M:%E3SZ", text, &time, &error)) << error << out;
  EXPECT_GE(time, absl::FromUnixMillis(absl::ToUnixMillis(before)));
  EXPECT_LE(time, absl::Now());
  EXPECT_EQ(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()), text);
}

TEST(Log, BracesInTextAreNotFormatted) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kError, "e", {{"text", "{} {0} %s"}});
  EXPECT_NE(Captured().find("\"text\":\"{} {0} %s\""), std::string::npos);
}

TEST(Log, LinesBelowTheLevelAreDropped) {
  ::testing::internal::CaptureStderr();
  SetLogLevel(LogLevel::kWarning);
  Log(LogLevel::kInfo, "dropped", {});
  Log(LogLevel::kWarning, "kept", {});
  SetLogLevel(LogLevel::kInfo);
  Log(LogLevel::kInfo, "kept_again", {});
  const std::string out = Captured();
  EXPECT_EQ(out.find("dropped"), std::string::npos);
  EXPECT_EQ(Lines(out).size(), 2u) << out;
}

TEST(Log, LinesOfThreadsAreNotMixed) {
  // Texts of several sizes; lines longer than a pipe takes at once are LineWriter's tests.
  constexpr size_t kSizes[] = {30, 300, 1'000, 2'000};
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int standard_error = dup(STDERR_FILENO);
  ASSERT_GE(dup2(ends[1], STDERR_FILENO), 0);
  close(ends[1]);
  std::string out;
  std::thread reader([&] {
    char bytes[4'096];
    for (ssize_t size = 0; (size = read(ends[0], bytes, sizeof bytes)) > 0;) out.append(bytes, size);
  });
  std::vector<std::thread> threads;
  for (const size_t size : kSizes) {
    threads.emplace_back([size] {
      for (int n = 0; n < 100; ++n) Log(LogLevel::kInfo, "e", {{"text", std::string(size, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  FlushLog();
  dup2(standard_error, STDERR_FILENO);
  close(standard_error);
  reader.join();
  close(ends[0]);
  const std::vector<std::string> lines = Lines(out);
  EXPECT_EQ(lines.size(), 400u);
  std::map<size_t, int> counts;
  for (const std::string& line : lines) {
    const size_t begin = line.find(R"("text":")") + 8;
    const size_t end = line.find_first_not_of('x', begin);
    ASSERT_EQ(line.substr(end), "\"}") << line.substr(0, 200);
    ++counts[end - begin];
  }
  for (const size_t size : kSizes) EXPECT_EQ(counts[size], 100) << size;
}

// ---- Bounds ----

TEST(Log, LongTextsAreCut) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "e", {{"text", std::string(1 << 20, 'x')}, {"after", 1}});
  const std::string out = Captured();
  EXPECT_EQ(Lines(out).size(), 1u);
  EXPECT_LT(out.size(), kMaxLogText + 200);
  EXPECT_NE(out.find("bytes cut]\",\"after\":1}"), std::string::npos) << out;
}

TEST(Log, LongLinesLoseWholeFieldsAndSaySo) {
  ::testing::internal::CaptureStderr();
  LogLine line(LogLevel::kInfo, "e");
  for (int i = 0; i < 1000; ++i) line.Add("field" + std::to_string(i), std::string(500, 'x'));
  line.Write();
  const std::string out = Captured();
  EXPECT_EQ(Lines(out).size(), 1u);
  EXPECT_LE(out.size(), kMaxLogLine + 20);
  EXPECT_GT(out.size(), kMaxLogLine / 2);
  EXPECT_EQ(out.substr(out.size() - 14), "\",\"cut\":true}\n");
}

class LogRates : public ::testing::Test {
 protected:
  void SetUp() override { SetLogRates({.own = 1'000'000, .anyone = 0.001}); }
  void TearDown() override { SetLogRates({}); }
};

TEST_F(LogRates, AFloodThatAnybodyCanCauseIsOneLineAndACount) {
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i) {
    Log(LogLevel::kWarning, "flood", {}, {.cause = LogCause::kAnyone});
    if (i % 100 == 0) Log(LogLevel::kInfo, "own", {});
  }
  const std::string out = Captured();
  int own = 0;
  int flood = 0;
  for (const std::string& line : Lines(out)) {
    own += line.find("\"event\":\"own\"") != std::string::npos ? 1 : 0;
    flood += line.find("\"event\":\"flood\"") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(own, 10);
  EXPECT_EQ(flood, 1);
  EXPECT_NE(out.find("\"event\":\"log_lines_dropped\",\"kind\":\"flood\",\"dropped\":999,\"seconds\":"),
            std::string::npos)
      << out;
  EXPECT_EQ(DroppedLogLines()["flood"], 999u);
}

TEST_F(LogRates, LinesOfOneEventMayBeOfSeveralKinds) {
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) Log(LogLevel::kInfo, "call", {}, {"call_refused", LogCause::kAnyone});
  Log(LogLevel::kInfo, "call", {{"code", "OK"}});
  const std::string out = Captured();
  EXPECT_NE(out.find("\"event\":\"call\",\"code\":\"OK\"}"), std::string::npos) << out;
  EXPECT_NE(out.find("\"kind\":\"call_refused\",\"dropped\":9"), std::string::npos) << out;
}

TEST_F(LogRates, LinesBelowTheLevelAreNotCounted) {
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) Log(LogLevel::kDebug, "below", {}, {.cause = LogCause::kAnyone});
  EXPECT_EQ(Captured(), "");
}

}  // namespace
}  // namespace seedance::base
