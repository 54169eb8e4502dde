#ifndef SEEDANCE_SERVICE_BASE_TRACE_H_
#define SEEDANCE_SERVICE_BASE_TRACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/random.h"

// Distributed traces by W3C Trace Context and the words of OpenTelemetry.
namespace seedance::base {

// Whether `text` is a W3C `traceparent` of version 00: `00-{32 hex}-{16 hex}-{2 hex}`, lower case, ids not all zero.
bool IsTraceparent(std::string_view text);

// `received` if it is a traceparent; otherwise a new one, sampled as the tracer says, else not.
std::string ContinueTrace(std::string_view received, Random& random);

// Parts of a valid traceparent: 32 digits, 16 digits, the flag `sampled`. Of another text: empty, empty, false.
std::string TraceId(std::string_view traceparent);
std::string SpanId(std::string_view traceparent);
bool IsSampled(std::string_view traceparent);

// What a span has recorded.
struct SpanData {
  using Value = std::variant<std::string, int64_t, double, bool>;
  enum class Kind { kInternal = 1, kServer = 2, kClient = 3 };  // Numbers as in OTLP.

  std::string name;
  Kind kind = Kind::kInternal;
  std::string traceparent;  // Its own.
  std::string parent;       // Digits of the parent's id; empty: none.
  absl::Time start;
  absl::Time end;
  std::vector<std::pair<std::string, Value>> attributes;
  std::vector<std::string> links;  // Traceparents.
  absl::StatusCode status = absl::StatusCode::kOk;
  std::string status_reason;  // Of an error: its reason, never its text, which may quote callers.
};

// Takes spans that have ended. Thread-safe.
class Tracer {
 public:
  virtual ~Tracer() = default;
  // Whether a trace that begins here is sampled.
  virtual bool SamplesNew() = 0;
  // Must not block.
  virtual void OnEnd(SpanData span) = 0;
};

// The tracer of the process; null, as at the start: nothing is recorded. It must outlive every span that began before
// another was set.
void SetTracer(Tracer* tracer);

// One piece of work in a trace. Records nothing, and costs next to nothing, without a tracer, in a trace that is not
// sampled, and when default-constructed. Used by one thread at a time.
class Span {
 public:
  Span() = default;
  // `parent` is a traceparent. A span that records has a new id in its trace.
  Span(std::string_view name, SpanData::Kind kind, std::string_view parent, absl::Time start);

  // What those that it calls get as their parent: its own, or that of the nearest span that records.
  const std::string& traceparent() const { return data_.traceparent; }
  bool records() const { return tracer_ != nullptr; }

  void Add(std::string_view key, SpanData::Value value);
  // Of another trace that has to do with it. Not a traceparent: nothing.
  void Link(std::string_view traceparent);
  // Once, last. `status` is that of the work.
  void End(const absl::Status& status, absl::Time end);

 private:
  Tracer* tracer_ = nullptr;
  SpanData data_;
};

// Records in each of two traces (traceparents) that the work of the other touched it: a span `name` with a link,
// without a duration. Nothing when they are one trace.
void LinkTraces(std::string_view name, std::string_view one, std::string_view other, absl::Time now);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_TRACE_H_
