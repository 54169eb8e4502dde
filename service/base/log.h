#ifndef SEEDANCE_SERVICE_BASE_LOG_H_
#define SEEDANCE_SERVICE_BASE_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/log_limiter.h"

// One JSON object per line on standard error: {"time":"...","level":"info","event":"call",...fields}.
// Never pass a Secret, a bearer token, a signed URL's query or a caller's prompt.
//
// What others can cause is bounded: texts are escaped (log_text.h), a text has about kMaxLogText bytes and a line about
// kMaxLogLine, each kind of line has a rate (log_limiter.h), and a reader of standard error that does not read holds
// nobody up for long (line_writer.h). Dropped lines are counted by kind: a line `log_lines_dropped` says how many, at
// most one in ten seconds for each kind, and DroppedLogLines for the metrics.
namespace seedance::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

inline constexpr size_t kMaxLogText = 2 << 10;
inline constexpr size_t kMaxLogLine = 16 << 10;

// Whose rate a line counts for.
struct LogKind {
  std::string_view name = {};  // Empty: the event. Names are few: constants, or files of a library.
  LogCause cause = LogCause::kOwn;
};

// A named value of a log line: text, integer, number or truth.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value);
  LogField(std::string_view key, const char* value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value) : LogField(key, std::string_view(value)) {}
  LogField(std::string_view key, int64_t value);
  LogField(std::string_view key, int value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(std::string_view key, double value);
  LogField(std::string_view key, bool value);

  // `"key":value`, escaped; a text is cut.
  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

// Lines below `level` are dropped, uncounted. Call it before threads start.
void SetLogLevel(LogLevel level);

// Lines a second of one kind. Thread-safe.
void SetLogRates(const LogLimiter::Rates& rates);

// Writes one line. `event` says what happened, in snake_case. Thread-safe; a line is never mixed with another. Warnings
// and errors, with all lines before them, are written when it returns; others some milliseconds later at the latest.
// A standard error that takes nothing holds it up for a quarter of a second at most, and only once.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields, LogKind kind = {});

// The same line, a value at a time: a third of the cost, for what is written thousands of times a second.
class LogLine {
 public:
  LogLine(LogLevel level, std::string_view event, LogKind kind = {});

  void Add(std::string_view key, std::string_view value);
  void Add(std::string_view key, double value);
  void Add(const LogField& field);

  // Once, last.
  void Write();

 private:
  // The line without what was added since `before` if it became too long.
  void Bound(size_t before);

  const LogLevel level_;
  std::string text_;  // Empty: below the level, or too many of its kind.
  bool cut_ = false;
};

// Writes the lines that wait, and how many were dropped. Done by itself when the process exits.
void FlushLog();

// Whether this thread is inside this file's functions: a handler of crashes must not log then.
bool IsLogging();

// Lines dropped so far by kind; those that found no room because nobody reads standard error have the kind
// `standard_error_stuck`.
std::map<std::string, uint64_t> DroppedLogLines();

// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_H_
