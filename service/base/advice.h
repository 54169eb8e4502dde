#ifndef SEEDANCE_SERVICE_BASE_ADVICE_H_
#define SEEDANCE_SERVICE_BASE_ADVICE_H_

#include <string_view>

#include "service/base/error.h"

namespace seedance::base {

// Key of ErrorInfo.metadata that carries AdviceOf(reason). MakeError sets it; GetErrorDetail removes it again.
//
// Tests: tests/unit/base/error_test.cc
inline constexpr std::string_view kAdviceKey = "advice";

// What a caller, or whoever shows the error to a user, can do about `reason`: one or two sentences. The only table of
// these texts. Empty for kUnspecified alone. Thread-safe; the text lives as long as the process.
std::string_view AdviceOf(Reason reason);

// The same for the failure of a task. `at_full_progress`: the vendor reported 100 % and then a failure. Without a known
// cause that is most often the vendor's moderation, and the text says so.
std::string_view AdviceOf(Reason reason, bool at_full_progress);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_ADVICE_H_
