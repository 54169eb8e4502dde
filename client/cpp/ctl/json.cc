#include "client/cpp/ctl/json.h"

#include <google/protobuf/util/json_util.h>

namespace seedance::client::ctl {
namespace {

std::string Print(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = indented;
  std::string text;
  // Fails only for malformed Any, Timestamp and the like, which would come from a broken gateway: print what there is.
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok() && text.empty()) text = "{}";
  if (text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) { return Print(message, true); }
std::string ToJsonLine(const google::protobuf::Message& message) { return Print(message, false); }

}  // namespace seedance::client::ctl
