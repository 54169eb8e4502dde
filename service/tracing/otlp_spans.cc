#include "service/tracing/otlp_spans.h"

#include <cstdint>
#include <string_view>
#include <variant>

#include "absl/strings/escaping.h"
#include "seedance/gateway/otlp/v1/trace.pb.h"

namespace seedance::tracing {
namespace {

namespace otlp = gateway::otlp::v1;

// OTLP's number for an error.
constexpr int kError = 2;

// Bytes of an id in hexadecimal digits.
std::string Bytes(const std::string& digits) { return absl::HexStringToBytes(digits); }

uint64_t Nanos(absl::Time time) { return static_cast<uint64_t>(absl::ToUnixNanos(time)); }

void Fill(otlp::KeyValue& attribute, const std::string& key, const base::SpanData::Value& value) {
  attribute.set_key(key);
  otlp::AnyValue& any = *attribute.mutable_value();
  if (const auto* text = std::get_if<std::string>(&value)) {
    any.set_string_value(*text);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    any.set_int_value(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    any.set_double_value(*number);
  } else {
    any.set_bool_value(std::get<bool>(value));
  }
}

void Fill(otlp::Span& span, const base::SpanData& data) {
  span.set_trace_id(Bytes(base::TraceId(data.traceparent)));
  span.set_span_id(Bytes(base::SpanId(data.traceparent)));
  if (!data.parent.empty()) span.set_parent_span_id(Bytes(data.parent));
  span.set_name(data.name);
  span.set_kind(static_cast<int>(data.kind));
  span.set_start_time_unix_nano(Nanos(data.start));
  span.set_end_time_unix_nano(Nanos(data.end));
  for (const auto& [key, value] : data.attributes) Fill(*span.add_attributes(), key, value);
  for (const std::string& link : data.links) {
    otlp::Link& added = *span.add_links();
    added.set_trace_id(Bytes(base::TraceId(link)));
    added.set_span_id(Bytes(base::SpanId(link)));
  }
  span.set_flags(base::IsSampled(data.traceparent) ? 1 : 0);
  if (data.status == absl::StatusCode::kOk) return;
  span.mutable_status()->set_code(kError);
  span.mutable_status()->set_message(data.status_reason);
}

}  // namespace

std::string EncodeSpans(const Resource& resource, const std::vector<base::SpanData>& spans) {
  otlp::ExportTraceRequest request;
  otlp::ResourceSpans& process = *request.add_resource_spans();
  for (const auto& [key, value] : resource) Fill(*process.mutable_resource()->add_attributes(), key, value);
  otlp::ScopeSpans& scope = *process.add_scope_spans();
  scope.mutable_scope()->set_name("seedance-gateway");
  for (const base::SpanData& span : spans) Fill(*scope.add_spans(), span);
  return request.SerializeAsString();
}

int64_t RejectedSpans(const std::string& answer) {
  otlp::ExportTraceResponse response;
  return response.ParseFromString(answer) ? response.partial_success().rejected_spans() : 0;
}

}  // namespace seedance::tracing
