#include "tests/fuzz/answer_check.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "seedance/gateway/v1/error_reason.pb.h"
#include "service/base/utf8.h"

namespace seedance::fuzz {
namespace {

namespace pb = google::protobuf;
using grpc::StatusCode;

// Clients take 8 KiB of metadata, in which the details are sent as Base64 beside the message.
constexpr size_t kMaxMessageBytes = 512;
constexpr size_t kMaxDetailBytes = 4500;

std::string CodeName(const grpc::Status& status) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
}

// What keeps a text from being shown on a terminal or in a log; empty when nothing does.
std::string TextFault(std::string_view text) {
  while (!text.empty()) {
    const size_t length = base::Utf8Length(text);
    if (length == 0) return "is not UTF-8";
    const auto first = static_cast<unsigned char>(text[0]);
    const bool c1 = first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (first < 0x20 || first == 0x7f || c1) return "holds a control character";
    text.remove_prefix(length);
  }
  return "";
}

// The same for all strings in `message`, whose messages may be inside Any.
std::string TextFaultIn(const pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      std::string fault;
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        fault = TextFaultIn(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                 : reflection.GetMessage(message, field));
      } else if (field->type() == pb::FieldDescriptor::TYPE_STRING) {
        fault = TextFault(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                               : reflection.GetString(message, field));
        if (!fault.empty()) fault = absl::StrCat(field->full_name(), " ", fault);
      }
      if (!fault.empty()) return fault;
    }
  }
  return "";
}

struct Details {
  std::vector<google::rpc::ErrorInfo> infos;
  int violations = 0;
  std::string fault;
};

template <typename T>
bool Take(const pb::Any& any, Details& details, T& message) {
  if (!any.Is<T>()) return false;
  if (!any.UnpackTo(&message)) {
    details.fault = absl::StrCat("details hold a ", message.GetTypeName(), " that does not parse");
  } else if (const std::string fault = TextFaultIn(message); !fault.empty()) {
    details.fault = fault;
  }
  return true;
}

void ReadDetail(const pb::Any& any, Details& details) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  google::rpc::RetryInfo retry;
  google::rpc::ResourceInfo resource;
  google::rpc::QuotaFailure quota;
  if (Take(any, details, info)) {
    details.infos.push_back(info);
  } else if (Take(any, details, bad)) {
    details.violations += bad.field_violations_size();
  } else if (!Take(any, details, retry) && !Take(any, details, resource) && !Take(any, details, quota)) {
    details.fault = absl::StrCat("details hold an unknown ", any.type_url());
  }
}

Details DetailsOf(const grpc::Status& status) {
  Details details;
  google::rpc::Status proto;
  if (!proto.ParseFromString(status.error_details())) details.fault = "the details do not parse";
  if (proto.code() != status.error_code()) details.fault = "code and details differ";
  for (const pb::Any& any : proto.details()) ReadDetail(any, details);
  return details;
}

// Above the limit of gRPC, which servers and clients keep unless they are told otherwise.
bool HasMessageAboveLimit(const FuzzCall& call) {
  return std::any_of(call.messages.begin(), call.messages.end(),
                     [](const std::string& message) { return message.size() > (4 << 20); });
}

bool LibraryMayAnswer(const FuzzCall& call, const grpc::Status& status) {
  switch (status.error_code()) {
    case StatusCode::CANCELLED:
    case StatusCode::DEADLINE_EXCEEDED:
      return call.impatient();
    case StatusCode::RESOURCE_EXHAUSTED:
      return absl::StrContains(status.error_message(), "message larger than max") && HasMessageAboveLimit(call);
    default:
      return false;
  }
}

std::string DetailFault(const grpc::Status& status) {
  const Details details = DetailsOf(status);
  if (!details.fault.empty()) return details.fault;
  if (details.infos.size() != 1) return absl::StrCat(details.infos.size(), " ErrorInfo");
  const google::rpc::ErrorInfo& info = details.infos.front();
  if (info.domain() != "seedance-gateway") return absl::StrCat("the domain is ", info.domain());
  gateway::v1::ErrorReason reason;
  if (!gateway::v1::ErrorReason_Parse("ERROR_REASON_" + info.reason(), &reason)) return "the reason is not known";
  if (reason == gateway::v1::ERROR_REASON_INVALID_INPUT && details.violations == 0) return "names no field";
  if (reason == gateway::v1::ERROR_REASON_STORE_UNAVAILABLE) return "the store is sound";
  return "";
}

std::string ErrorFault(const grpc::Status& status) {
  if (status.error_message().empty()) return "no message";
  if (status.error_message().size() > kMaxMessageBytes) return "the message is too long";
  if (status.error_details().size() > kMaxDetailBytes) return "the details are too long";
  if (const std::string fault = TextFault(status.error_message()); !fault.empty()) return "the message " + fault;
  if (const std::string fault = DetailFault(status); !fault.empty()) return fault;
  const bool defect = status.error_code() == StatusCode::INTERNAL || status.error_code() == StatusCode::DATA_LOSS;
  return defect ? "a defect of the gateway" : "";
}

std::string SuccessFault(const ApiMethod& method, const FuzzAnswer& answer, bool unparsable) {
  if (unparsable) return "OK for a message that does not parse";
  if (!method.streams_responses() && answer.responses.size() != 1) {
    return absl::StrCat("OK with ", answer.responses.size(), " responses");
  }
  for (const std::string& response : answer.responses) {
    if (!Parses(*method.descriptor->output_type(), response)) return "a response does not parse";
  }
  return "";
}

}  // namespace

bool Parses(const pb::Descriptor& type, const std::string& bytes) {
  const std::unique_ptr<pb::Message> message(pb::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  return message->ParseFromString(bytes);
}

std::string DetailText(const grpc::Status& status) {
  google::rpc::Status proto;
  (void)proto.ParseFromString(status.error_details());
  return proto.DebugString();
}

std::string KindOf(const grpc::Status& status) {
  if (status.ok()) return "OK";
  const Details details = DetailsOf(status);
  return absl::StrCat(CodeName(status), " ", details.infos.empty() ? "-" : details.infos.front().reason());
}

std::string FaultOf(const ApiMethod& method, const FuzzCall& call, const FuzzAnswer& answer) {
  const grpc::Status& status = answer.status;
  // A server reads the first message only, unless the method streams requests.
  const bool unparsable = call.messages.empty() || !Parses(*method.descriptor->input_type(), call.messages[0]);
  std::string fault;
  if (status.ok()) {
    fault = SuccessFault(method, answer, unparsable);
  } else if (status.error_details().empty()) {
    if (LibraryMayAnswer(call, status)) return "";
    fault = "no details";
  } else {
    fault = ErrorFault(status);
  }
  if (fault.empty()) return "";
  return absl::StrCat(fault, ": ", CodeName(status), " \"", status.error_message(), "\"");
}

}  // namespace seedance::fuzz
