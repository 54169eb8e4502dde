#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_ERRORS_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_ERRORS_H_

#include <string>

#include "tests/sandbox/wire/http_call.h"
#include "tests/sandbox/world/video_request.h"

// The three error shapes of AnyFast.
namespace seedance::sandbox {

// Middleware (auth, routing, limits): {"error":{"message","type","code"}}.
ApiReply GatewayError(int status, const std::string& message, const std::string& type = "new_api_error",
                      const std::string& code = "");

// Task endpoints: {"code","message","data":null}.
ApiReply TaskError(int status, const std::string& code, const std::string& message);

// Task endpoints when the vendor behind said no: `fail_to_fetch_task` with its JSON as a string in `message`.
ApiReply OriginRefusal(int status, const RuleBreak& broken);

// /volc/asset/*: {"error":{"message":"upstream_error: [<code>] <text>"}}.
ApiReply AssetError(int status, const std::string& code, const std::string& text);
// The same for a parameter that breaks a rule.
ApiReply InvalidParameter(const std::string& field, const std::string& rule);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_ERRORS_H_
