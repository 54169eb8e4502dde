#include "tests/sandbox/anyfast/errors.h"

#include "absl/strings/str_cat.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {
ApiReply GatewayError(int status, const std::string& message, const std::string& type, const std::string& code) {
  return JsonReply(status, {{"error", {{"message", message}, {"type", type}, {"code", code}}}});
}

ApiReply TaskError(int status, const std::string& code, const std::string& message) {
  return JsonReply(status, {{"code", code}, {"message", message}, {"data", nullptr}});
}

ApiReply OriginRefusal(int status, const RuleBreak& broken) {
  const Json origin = {
      {"error", {{"code", broken.code}, {"message", broken.message}, {"param", broken.param}, {"type", "BadRequest"}}}};
  return TaskError(status, "fail_to_fetch_task", Dump(origin));
}

ApiReply AssetError(int status, const std::string& code, const std::string& text) {
  return JsonReply(status, {{"error", {{"message", absl::StrCat("upstream_error: [", code, "] ", text)}}}});
}

ApiReply InvalidParameter(const std::string& field, const std::string& rule) {
  return AssetError(400, absl::StrCat("InvalidParameter.", field),
                    absl::StrCat("The specified parameter ", field, " is invalid: ", rule));
}

}  // namespace seedance::sandbox
