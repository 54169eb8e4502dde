#include "service/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "service/base/utf8.h"

namespace seedance::base {
namespace {

spdlog::logger& Logger() {
  static auto* logger = [] {
    auto* made = new spdlog::logger("seedance", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
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

std::string Member(std::string_view key, const std::string& value) { return absl::StrCat(JsonQuote(key), ":", value); }

}  // namespace

LogField::LogField(std::string_view key, std::string_view value) : json_(Member(key, JsonQuote(value))) {}
LogField::LogField(std::string_view key, int64_t value) : json_(Member(key, absl::StrCat(value))) {}
LogField::LogField(std::string_view key, double value)
    : json_(Member(key, std::isfinite(value) ? absl::StrFormat("%.3f", value) : "null")) {}
LogField::LogField(std::string_view key, bool value) : json_(Member(key, value ? "true" : "false")) {}

void SetLogLevel(LogLevel level) { Logger().set_level(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  if (!Logger().should_log(ToSpdlog(level))) return;
  std::string line =
      absl::StrCat("{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
                   "\",\"level\":", JsonQuote(Name(level)), ",\"event\":", JsonQuote(event));
  for (const LogField& field : fields) absl::StrAppend(&line, ",", field.json());
  line += '}';
  Logger().log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string JsonQuote(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
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
  return out;
}

}  // namespace seedance::base
