#include "service/config/print_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/config/config_rules.h"
#include "service/config/dialect.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

// The URL without user and password.
std::string WithoutPassword(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t at = url.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos) return url;
  return absl::StrCat(url.substr(0, scheme + 3), "(hidden)", url.substr(at));
}

// Protobuf 26 renamed the option.
template <typename Options>
void PrintDefaults(Options& options) {
  if constexpr (requires { options.always_print_fields_with_no_presence; }) {
    options.always_print_fields_with_no_presence = true;
  } else {
    options.always_print_primitive_fields = true;
  }
}

// Whether the rules make `whole` of `part`.
bool Makes(const GatewayConfig& part, const GatewayConfig& whole) {
  GatewayConfig made = part;
  std::vector<ConfigProblem> problems;
  ApplyConfigRules(made, problems);
  return problems.empty() && MessageDifferencer::Equals(made, whole);
}

// Clears every field of `message`, a part of `config`, without which the rules still make `whole` of `config`.
void Shorten(Message& message, GatewayConfig& config, const GatewayConfig& whole) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::unique_ptr<Message> kept(message.New());
    kept->CopyFrom(message);
    reflection.ClearField(&message, field);
    if (Makes(config, whole)) continue;
    message.CopyFrom(*kept);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (field->message_type()->full_name() == "google.protobuf.Duration") continue;
    if (!field->is_repeated()) {
      Shorten(*reflection.MutableMessage(&message, field), config, whole);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      Shorten(*reflection.MutableRepeatedMessage(&message, field, i), config, whole);
    }
  }
}

}  // namespace

std::string PrintConfig(const GatewayConfig& config, bool all) {
  GatewayConfig shown = config;
  if (!all) Shorten(shown, shown, config);
  int hashes = 0;
  for (proto::Tenant& tenant : *shown.mutable_tenants()) {
    for (std::string& hash : *tenant.mutable_token_sha256()) hash = absl::StrFormat("%064d", ++hashes);
  }
  for (proto::Upstream& upstream : *shown.mutable_upstreams()) {
    const std::string proxy = DialectOf(upstream).http(upstream).proxy();
    if (!proxy.empty()) DialectOf(upstream).mutable_http(upstream).set_proxy(WithoutPassword(proxy));
  }
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  if (all) PrintDefaults(options);
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(shown, &text, options).ok()) return "{}\n";
  return text;
}

}  // namespace seedance::config
