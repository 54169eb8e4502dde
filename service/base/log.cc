#include "service/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/base/line_writer.h"
#include "service/base/log_text.h"

namespace seedance::base {
namespace {

constexpr char kStuck[] = "standard_error_stuck";

thread_local bool logging = false;

// Marks this thread as logging.
class Logging {
 public:
  Logging() { logging = true; }
  ~Logging() { logging = false; }
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;
};

// Never destroyed: threads log until the process ends.
LogLimiter& Limiter() {
  static auto* limiter = new LogLimiter;
  return *limiter;
}

std::string DropNotices(uint64_t stuck, bool all);

LineWriter& Writer() {
  static auto* writer = [] {
    std::atexit(FlushLog);
    LineWriter::Options options;
    options.notices = [](uint64_t dropped) { return DropNotices(dropped, false); };
    return new LineWriter(STDERR_FILENO, std::move(options));
  }();
  return *writer;
}

std::atomic<LogLevel> least_level{LogLevel::kInfo};

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

void AppendKey(std::string& out, std::string_view key) {
  AppendJsonText(out, key);
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
  thread_local std::array<char, 20> text;  // Trivially destructible: threads log until their end.
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

// `{"time":...,"level":...,"event":...`
void AppendBegin(std::string& out, LogLevel level, std::string_view event, absl::Time now) {
  out += "{\"time\":\"";
  AppendTime(out, now);
  out += "\",\"level\":\"";
  out += Name(level);
  out += "\",\"event\":";
  AppendJsonText(out, event, kMaxLogText);
}

void AppendNotice(std::string& out, std::string_view kind, uint64_t dropped, absl::Time now) {
  AppendBegin(out, LogLevel::kWarning, "log_lines_dropped", now);
  absl::StrAppend(&out, ",", LogField("kind", kind).json(), ",\"dropped\":", dropped);
}

// The lines that report dropped lines. They count for no kind.
std::string DropNotices(uint64_t stuck, bool all) {
  std::string lines;
  const absl::Time now = absl::Now();
  for (const LogLimiter::Report& report : Limiter().TakeReports(now, all)) {
    AppendNotice(lines, report.kind, report.dropped, now);
    absl::StrAppend(&lines, ",", LogField("seconds", absl::ToDoubleSeconds(report.span)).json(), "}\n");
  }
  if (stuck > 0) {
    AppendNotice(lines, kStuck, stuck, now);
    lines += "}\n";
  }
  return lines;
}

}  // namespace

LogField::LogField(std::string_view key, std::string_view value) : json_(Member(key, "")) {
  AppendJsonText(json_, value, kMaxLogText);
}
LogField::LogField(std::string_view key, int64_t value) : json_(Member(key, std::to_string(value))) {}
LogField::LogField(std::string_view key, double value) : json_(Member(key, "")) { AppendNumber(json_, value); }
LogField::LogField(std::string_view key, bool value) : json_(Member(key, value ? "true" : "false")) {}

LogLine::LogLine(LogLevel level, std::string_view event, LogKind kind) : level_(level) {
  if (level < least_level) return;
  const Logging begin;
  const absl::Time now = absl::Now();
  if (!Limiter().Admit(kind.name.empty() ? event : kind.name, kind.cause, now)) {
    Writer().Start();  // Its thread reports dropped lines.
    return;
  }
  text_.reserve(512);
  AppendBegin(text_, level, event, now);
}

void LogLine::Bound(size_t before) {
  if (text_.size() <= kMaxLogLine) return;
  text_.resize(before);
  cut_ = true;
}

void LogLine::Add(std::string_view key, std::string_view value) {
  if (text_.empty()) return;
  const size_t before = text_.size();
  text_ += ',';
  AppendKey(text_, key);
  AppendJsonText(text_, value, kMaxLogText);
  Bound(before);
}

void LogLine::Add(std::string_view key, double value) {
  if (text_.empty()) return;
  const size_t before = text_.size();
  text_ += ',';
  AppendKey(text_, key);
  AppendNumber(text_, value);
  Bound(before);
}

void LogLine::Add(const LogField& field) {
  if (text_.empty()) return;
  const size_t before = text_.size();
  text_ += ',';
  text_ += field.json();
  Bound(before);
}

void LogLine::Write() {
  if (text_.empty()) return;
  const Logging write;
  text_ += cut_ ? ",\"cut\":true}\n" : "}\n";
  if (level_ >= LogLevel::kWarning) {
    Writer().WriteNow(text_);
  } else {
    Writer().Write(text_);
  }
}

void SetLogLevel(LogLevel level) { least_level = level; }

bool IsLogged(LogLevel level) { return level >= least_level; }

void SetLogRates(const LogLimiter::Rates& rates) { Limiter().SetRates(rates); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields, LogKind kind) {
  LogLine line(level, event, kind);
  for (const LogField& field : fields) line.Add(field);
  line.Write();
}

void FlushLog() {
  const Logging flush;
  const std::string notices = DropNotices(0, true);
  if (!notices.empty()) Writer().Write(notices);
  Writer().Flush();
}

bool IsLogging() { return logging; }

std::map<std::string, uint64_t> DroppedLogLines() {
  std::map<std::string, uint64_t> dropped = Limiter().Totals();
  if (const uint64_t stuck = Writer().dropped(); stuck > 0) dropped[kStuck] = stuck;
  return dropped;
}

std::string JsonQuote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendJsonText(out, text);
  return out;
}

}  // namespace seedance::base
