#ifndef SEEDANCE_SERVICE_BASE_LOG_H_
#define SEEDANCE_SERVICE_BASE_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/log_limiter.h"

// Structured log: one JSON object per line on standard error, {"time":"...","level":"info","event":"call",...fields}.
// Never log a Secret, a bearer token, the query of a signed URL or a caller's prompt.
//
// What others can cause is bounded: texts are escaped (log_text.h), a text has at most about kMaxLogText bytes and a
// line about kMaxLogLine, each kind of line has a rate (log_limiter.h), and a stalled reader of standard error blocks
// nobody for long (line_writer.h). Dropped lines are counted by kind: a line `log_lines_dropped` reports them, at most
// once in ten seconds per kind, and DroppedLogLines gives the totals. All functions are thread-safe unless they say
// otherwise.
namespace seedance::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

inline constexpr size_t kMaxLogText = 2 << 10;   // Bytes of one text.
inline constexpr size_t kMaxLogLine = 16 << 10;  // Bytes of one line.

// The rate limit that a line counts against.
struct LogKind {
  std::string_view name = {};  // Empty: the event. Few values only: constants, or source files of a library.
  LogCause cause = LogCause::kOwn;
};

// A named value of a log line: text, integer, number or boolean.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, int64_t value);
  LogField(std::string_view key, int value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(std::string_view key, double value);
  LogField(std::string_view key, bool value);

  // `"key":value`, escaped; a text is cut at kMaxLogText.
  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

// Drops lines below `level`, uncounted.
void SetLogLevel(LogLevel level);

// Whether lines of this level are written: for those whose values cost something.
bool IsLogged(LogLevel level);

// Sets the rates of all kinds, in lines a second.
void SetLogRates(const LogLimiter::Rates& rates);

// Writes one line. `event` names what happened, in snake_case. Lines never mix. A warning or error, and all lines
// before it, are written when Log returns; other lines within some milliseconds. A stalled standard error delays the
// caller by at most 250 ms, and only once.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields, LogKind kind = {});

// Builds the same line value by value, at a third of the cost, for lines written thousands of times a second. For one
// thread.
class LogLine {
 public:
  LogLine(LogLevel level, std::string_view event, LogKind kind = {});

  void Add(std::string_view key, std::string_view value);
  void Add(std::string_view key, double value);
  void Add(const LogField& field);

  // Writes the line. Call it once, last.
  void Write();

 private:
  // Removes what was added since offset `before` if the line became too long.
  void Bound(size_t before);

  const LogLevel level_;
  std::string text_;  // Empty: below the level, or over the rate.
  bool cut_ = false;
};

// Writes all waiting lines and the counts of dropped ones. Runs by itself at the exit of the process.
void FlushLog();

// Whether the calling thread is inside this file's functions. A crash handler must not log then.
bool IsLogging();

// Number of dropped lines by kind. Lines dropped because standard error stalled have the kind `standard_error_stuck`.
std::map<std::string, uint64_t> DroppedLogLines();

// `text` as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_H_
