#include "service/base/log.h"

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "service/base/line_writer.h"
#include "service/base/utf8.h"

namespace seedance::base {
namespace {

LineWriter& Writer() {
  static auto* writer = [] {
    std::atexit(FlushLog);
    return new LineWriter(STDERR_FILENO);
  }();
  return *writer;
}

class LineSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const std::string_view line(message.payload.data(), message.payload.size());
    if (message.level >= spdlog::level::warn) {
      Writer().WriteNow(line);
    } else {
      Writer().Write(line);
    }
  }
  void flush() override { Writer().Flush(); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
};

spdlog::logger& Logger() {
  static auto* logger = new spdlog::logger("seedance", std::make_shared<LineSink>());
  return *logger;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

// Length of the beginning that stands for itself in JSON: ASCII without quotes, backslashes and control characters.
size_t PlainLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const auto c = static_cast<unsigned char>(text[length]);
    if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    // Most texts are plain from end to end.
    const size_t plain = PlainLength(text.substr(i));
    out += text.substr(i, plain);
    i += plain;
    if (i == text.size()) break;
    const size_t length = Utf8Length(text.substr(i));
    const char c = text[i];
    if (length == 0) {
      out += "\\ufffd";
    } else if (length > 1) {
      out += text.substr(i, length);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += absl::StrFormat("\\u%04x", static_cast<unsigned int>(c));
    } else {
      out += c;
    }
    i += length == 0 ? 1 : length;
  }
  out += '"';
}

void AppendKey(std::string& out, std::string_view key) {
  AppendQuoted(out, key);
  out += ':';
}

void AppendNumber(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, std::numeric_limits<double>::max_exponent10 + 10> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), value, std::chars_format::fixed, 3);
  out.append(digits.begin(), end.ptr);
}

// As 2026-11-26T14:00:34.123Z. Only the milliseconds change most of the time.
void AppendTime(std::string& out, absl::Time time) {
  thread_local int64_t formatted = std::numeric_limits<int64_t>::min();
  thread_local std::array<char, 20> text;  // Nothing to destroy: lines are logged to a thread's very end.
  const int64_t millis = absl::ToUnixMillis(time);
  const int64_t seconds = absl::ToUnixSeconds(time);
  if (seconds != formatted) {
    const std::string now = absl::FormatTime("%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
    std::copy_n(now.begin(), text.size(), text.begin());
    formatted = seconds;
  }
  const auto part = static_cast<int>(millis - seconds * 1000);
  out.append(text.begin(), text.end());
  for (const int digit : {part / 100, part / 10 % 10, part % 10}) out += static_cast<char>('0' + digit);
  out += 'Z';
}

std::string Member(std::string_view key, std::string_view json) {
  std::string member;
  AppendKey(member, key);
  member += json;
  return member;
}

}  // namespace

LogField::LogField(std::string_view key, std::string_view value) : json_(Member(key, JsonQuote(value))) {}
LogField::LogField(std::string_view key, int64_t value) : json_(Member(key, std::to_string(value))) {}
LogField::LogField(std::string_view key, double value) : json_(Member(key, "")) { AppendNumber(json_, value); }
LogField::LogField(std::string_view key, bool value) : json_(Member(key, value ? "true" : "false")) {}

LogLine::LogLine(LogLevel level, std::string_view event) : level_(level) {
  if (!Logger().should_log(ToSpdlog(level))) return;
  text_.reserve(512);
  text_ += "{\"time\":\"";
  AppendTime(text_, absl::Now());
  text_ += "\",\"level\":\"";
  text_ += Name(level);
  text_ += "\",\"event\":";
  AppendQuoted(text_, event);
}

void LogLine::Add(std::string_view key, std::string_view value) {
  if (text_.empty()) return;
  text_ += ',';
  AppendKey(text_, key);
  AppendQuoted(text_, value);
}

void LogLine::Add(std::string_view key, double value) {
  if (text_.empty()) return;
  text_ += ',';
  AppendKey(text_, key);
  AppendNumber(text_, value);
}

void LogLine::Add(const LogField& field) {
  if (text_.empty()) return;
  text_ += ',';
  text_ += field.json();
}

void LogLine::Write() {
  if (text_.empty()) return;
  text_ += "}\n";
  Logger().log(ToSpdlog(level_), spdlog::string_view_t(text_.data(), text_.size()));
}

void SetLogLevel(LogLevel level) { Logger().set_level(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  LogLine line(level, event);
  for (const LogField& field : fields) line.Add(field);
  line.Write();
}

void FlushLog() { Writer().Flush(); }

std::string JsonQuote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendQuoted(out, text);
  return out;
}

}  // namespace seedance::base
