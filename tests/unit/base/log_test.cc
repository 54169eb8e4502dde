#include "service/base/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

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
  const std::string out = ::testing::internal::GetCapturedStderr();
  ASSERT_EQ(Lines(out).size(), 1u) << out;
  EXPECT_EQ(out.substr(0, 9), "{\"time\":\"");
  EXPECT_EQ(out.substr(out.find("\",\"level\"")),
            "\",\"level\":\"warning\",\"event\":\"some_event\","
            "\"text\":\"a\\u000ab\",\"number\":1}\n");
}

TEST(Log, BracesInTextAreNotFormatted) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kError, "e", {{"text", "{} {0} %s"}});
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("\"text\":\"{} {0} %s\""), std::string::npos);
}

TEST(Log, LinesBelowTheLevelAreDropped) {
  ::testing::internal::CaptureStderr();
  SetLogLevel(LogLevel::kWarning);
  Log(LogLevel::kInfo, "dropped", {});
  Log(LogLevel::kWarning, "kept", {});
  SetLogLevel(LogLevel::kInfo);
  Log(LogLevel::kInfo, "kept_again", {});
  const std::string out = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find("dropped"), std::string::npos);
  EXPECT_EQ(Lines(out).size(), 2u) << out;
}

TEST(Log, LinesOfThreadsAreNotMixed) {
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < 100; ++n) Log(LogLevel::kInfo, "e", {{"text", std::string(300, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = Lines(::testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 400u);
  for (const std::string& line : lines) EXPECT_EQ(line.size(), lines[0].size());
}

}  // namespace
}  // namespace seedance::base
