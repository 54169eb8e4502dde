#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_ERRORS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_ERRORS_H_

#include <string>

#include "tests/sandbox/wire/http_call.h"

// How PiAPI says no.
namespace seedance::sandbox {

// {"code":<status>,"message":"..."}
ApiReply PiApiError(int status, const std::string& message);

// A task that was not created: {"code":<status>,"message":"...","data":{"error":{"code":<code>,...}}}.
ApiReply TaskRefusal(int status, const std::string& message, int code = 0);

// HTTP 200 all the same: the code is 500, and only data.error.message says why.
ApiReply TaskRefusalInBody(const std::string& message);

// What Cloudflare in front of the vendor answers to a client that it bans: an HTML page, 403, error 1010.
ApiReply CloudflareBan();

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_ERRORS_H_
