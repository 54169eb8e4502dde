#include "service/server/library_logs.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/version_info.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "absl/base/internal/raw_logging.h"
#include "absl/base/log_severity.h"
#include "absl/strings/str_cat.h"
#include "service/base/log.h"

// Protobuf 22 and gRPC 1.65 gave up their own logs for Abseil's, which Abseil has had since 2023.
#if GOOGLE_PROTOBUF_VERSION < 4022000
#define SEEDANCE_PROTOBUF_HAS_LOG
#include <google/protobuf/stubs/logging.h>
#endif
#if GRPC_CPP_VERSION_MAJOR == 1 && GRPC_CPP_VERSION_MINOR < 65
#define SEEDANCE_GRPC_HAS_LOG
#include <grpc/support/log.h>
#endif
#if __has_include("absl/log/log_sink_registry.h")
#define SEEDANCE_ABSL_HAS_LOG
#include "absl/log/globals.h"
#include "absl/log/log_entry.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#endif

namespace seedance::server {
namespace {

#ifdef SEEDANCE_ABSL_HAS_LOG
namespace raw_log = absl::raw_log_internal;
#else
namespace raw_log = absl::raw_logging_internal;
#endif

// Bound on lines of Abseil's raw log per process: it has no clock for a rate.
constexpr int kMaxRawLines = 100;

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void LogForLibrary(base::LogLevel level, const std::string& library, const char* path, int line,
                   std::string_view message) {
  const std::string_view file = BaseName(path == nullptr ? "" : path);
  const std::string kind = absl::StrCat(library, ":", std::string(file));
  // The last line of an aborting process must not be dropped in a flood.
  const bool last = level == base::LogLevel::kError;
  base::Log(level, "library_log", {{"library", library}, {"file", file}, {"line", line}, {"message", message}},
            {last ? "library_aborts" : kind, last ? base::LogCause::kOwn : base::LogCause::kAnyone});
}

#ifdef SEEDANCE_GRPC_HAS_LOG
void OnGrpcLog(gpr_log_func_args* args) {
  base::LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR ? base::LogLevel::kWarning : base::LogLevel::kDebug;
  if (std::string_view(args->message).rfind("assertion failed", 0) == 0) level = base::LogLevel::kError;
  LogForLibrary(level, "grpc", args->file, args->line, args->message);
}
#endif

#ifdef SEEDANCE_PROTOBUF_HAS_LOG
void OnProtobufLog(google::protobuf::LogLevel severity, const char* file, int line, const std::string& message) {
  base::LogLevel level = base::LogLevel::kWarning;
  if (severity == google::protobuf::LOGLEVEL_INFO) level = base::LogLevel::kDebug;
  if (severity == google::protobuf::LOGLEVEL_FATAL) level = base::LogLevel::kError;
  LogForLibrary(level, "protobuf", file, line, message);
}
#endif

#ifdef SEEDANCE_ABSL_HAS_LOG
class AbslSink : public absl::LogSink {
 public:
  void Send(const absl::LogEntry& entry) override {
    base::LogLevel level = base::LogLevel::kWarning;
    if (entry.log_severity() == absl::LogSeverity::kInfo) level = base::LogLevel::kDebug;
    if (entry.log_severity() == absl::LogSeverity::kFatal) level = base::LogLevel::kError;
    const std::string path(entry.source_filename());
    LogForLibrary(level, LibraryOf(path), path.c_str(), entry.source_line(), std::string(entry.text_message()));
  }

 private:
  static std::string LibraryOf(std::string_view path) {
    for (const char* library : {"protobuf", "grpc"}) {
      if (path.find(library) != std::string_view::npos) return library;
    }
    return path.rfind("src/core/", 0) == 0 || path.rfind("src/cpp/", 0) == 0 ? "grpc" : "absl";
  }
};

void RedirectAbslLog(bool debug) {
  static AbslSink& sink = *new AbslSink();  // Libraries log to the very end of the process.
  absl::AddLogSink(&sink);
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfinity);
  if (!debug) absl::SetMinLogLevel(absl::LogSeverityAtLeast::kWarning);
}
#endif

// Appends to a text of fixed size; truncates.
class FixedText {
 public:
  void Add(std::string_view text) {
    for (const char c : text) {
      if (size_ < text_.size()) text_[size_++] = c;
    }
  }
  void Add(int number) {
    if (number >= 10) Add(number / 10);
    const char digit = static_cast<char>('0' + number % 10);
    Add(std::string_view(&digit, 1));
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 512> text_;
  size_t size_ = 0;
};

// May be called in an allocator or a signal handler: no memory, no lock. Names of Abseil's files need no escaping.
bool OnRawLog(absl::LogSeverity severity, const char* file, int line, char**, int*) {
  if (severity == absl::LogSeverity::kFatal) return true;  // The process is about to abort.
  static std::atomic<int> lines = 0;
  if (lines.fetch_add(1) >= kMaxRawLines) return false;
  FixedText text;
  text.Add("{\"level\":\"warning\",\"event\":\"library_log\",\"library\":\"absl\",\"file\":\"");
  text.Add(BaseName(file).substr(0, 100));
  text.Add("\",\"line\":");
  text.Add(line);
  text.Add("}\n");
  (void)!write(STDERR_FILENO, text.text().data(), text.text().size());
  return false;
}

void OnInternalLog(absl::LogSeverity severity, const char* file, int line, const std::string& message) {
  const bool fatal = severity == absl::LogSeverity::kFatal;
  LogForLibrary(fatal ? base::LogLevel::kError : base::LogLevel::kWarning, "absl", file, line, message);
  if (fatal) std::abort();
}

std::string CurrentException() {
  const std::exception_ptr current = std::current_exception();
  if (current == nullptr) return "none";
  try {
    std::rethrow_exception(current);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
}

[[noreturn]] void OnTerminate() {
  // The log's locks may be held by this thread.
  if (!base::IsLogging()) base::Log(base::LogLevel::kError, "terminate", {{"exception", CurrentException()}});
  std::abort();
}

}  // namespace

void RedirectLibraryLogs(bool debug) {
#ifdef SEEDANCE_GRPC_HAS_LOG
  gpr_set_log_function(OnGrpcLog);
  if (!debug) gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
#endif
#ifdef SEEDANCE_PROTOBUF_HAS_LOG
  google::protobuf::SetLogHandler(OnProtobufLog);
#endif
#ifdef SEEDANCE_ABSL_HAS_LOG
  RedirectAbslLog(debug);
#endif
  raw_log::RegisterLogFilterAndPrefixHook(OnRawLog);
  raw_log::RegisterInternalLogFunction(OnInternalLog);
  std::set_terminate(OnTerminate);
}

}  // namespace seedance::server
