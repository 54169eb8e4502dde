#ifndef SEEDANCE_SERVICE_BASE_LOG_H_
#define SEEDANCE_SERVICE_BASE_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// One JSON object per line on standard error: {"time":"...","level":"info","event":"call",...fields}.
// Never pass a Secret, a bearer token, a signed URL's query or a caller's prompt.
namespace seedance::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

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

  // `"key":value`, escaped.
  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

// Lines below `level` are dropped. Call it before threads start.
void SetLogLevel(LogLevel level);

// Writes one line. `event` says what happened, in snake_case. Thread-safe; a line is never mixed with another. Warnings
// and errors, with all lines before them, are written when it returns; others some milliseconds later at the latest.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields);

// The same line, a value at a time: a third of the cost, for what is written thousands of times a second.
class LogLine {
 public:
  LogLine(LogLevel level, std::string_view event);

  void Add(std::string_view key, std::string_view value);
  void Add(std::string_view key, double value);
  void Add(const LogField& field);

  // Once, last.
  void Write();

 private:
  const LogLevel level_;
  std::string text_;  // Empty: below the level.
};

// Writes the lines that wait. Done by itself when the process exits.
void FlushLog();

// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_LOG_H_
