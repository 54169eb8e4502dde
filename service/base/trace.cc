#include "service/base/trace.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/error.h"

namespace seedance::base {
namespace {

// Where the parts of a traceparent are.
constexpr size_t kSize = 55;
constexpr size_t kTrace = 3;
constexpr size_t kSpan = 36;
constexpr size_t kFlags = 53;

std::atomic<Tracer*> g_tracer = nullptr;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos; }

std::string NewSpanId(Random& random) { return absl::StrFormat("%016x", random.Bits() | 1); }

}  // namespace

bool IsTraceparent(std::string_view text) {
  return text.size() == kSize && text.substr(0, kTrace) == "00-" && text[kSpan - 1] == '-' && text[kFlags - 1] == '-' &&
         IsId(text.substr(kTrace, 32)) && IsId(text.substr(kSpan, 16)) && IsHex(text.substr(kFlags));
}

std::string ContinueTrace(std::string_view received, Random& random) {
  if (IsTraceparent(received)) return std::string(received);
  Tracer* const tracer = g_tracer;
  const bool sampled = tracer != nullptr && tracer->SamplesNew();
  return absl::StrFormat("00-%016x%016x-%s-%s", random.Bits() | 1, random.Bits(), NewSpanId(random),
                         sampled ? "01" : "00");
}

std::string TraceId(std::string_view traceparent) {
  return traceparent.size() == kSize ? std::string(traceparent.substr(kTrace, 32)) : "";
}

std::string SpanId(std::string_view traceparent) {
  return traceparent.size() == kSize ? std::string(traceparent.substr(kSpan, 16)) : "";
}

bool IsSampled(std::string_view traceparent) {
  if (traceparent.size() != kSize) return false;
  const char digit = traceparent[kFlags + 1];
  return ((digit <= '9' ? digit - '0' : digit - 'a' + 10) & 1) != 0;
}

void SetTracer(Tracer* tracer) { g_tracer = tracer; }

Span::Span(std::string_view name, SpanData::Kind kind, std::string_view parent, absl::Time start) {
  data_.traceparent = std::string(parent);
  Tracer* const tracer = g_tracer;
  if (tracer == nullptr || !IsSampled(parent)) return;
  tracer_ = tracer;
  data_.name = std::string(name);
  data_.kind = kind;
  data_.parent = SpanId(parent);
  data_.start = start;
  data_.traceparent = absl::StrCat(std::string(parent.substr(0, kSpan)), NewSpanId(SystemRandom()),
                                   std::string(parent.substr(kFlags - 1)));
}

void Span::Add(std::string_view key, SpanData::Value value) {
  if (records()) data_.attributes.emplace_back(key, std::move(value));
}

void Span::Link(std::string_view traceparent) {
  if (records() && IsTraceparent(traceparent)) data_.links.emplace_back(traceparent);
}

void Span::End(const absl::Status& status, absl::Time end) {
  if (!records()) return;
  data_.end = std::max(end, data_.start);
  data_.status = status.code();
  if (!status.ok()) data_.status_reason = std::string(ReasonName(GetReason(status)));
  std::exchange(tracer_, nullptr)->OnEnd(std::move(data_));
}

void LinkTraces(std::string_view name, std::string_view one, std::string_view other, absl::Time now) {
  if (g_tracer == nullptr || TraceId(one) == TraceId(other)) return;
  for (const auto& [in, to] : {std::pair(one, other), std::pair(other, one)}) {
    Span span(name, SpanData::Kind::kInternal, in, now);
    span.Link(to);
    span.End(absl::OkStatus(), now);
  }
}

}  // namespace seedance::base
