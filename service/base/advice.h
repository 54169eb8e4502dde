#ifndef SEEDANCE_SERVICE_BASE_ADVICE_H_
#define SEEDANCE_SERVICE_BASE_ADVICE_H_

#include <string_view>

#include "service/base/error.h"

namespace seedance::base {

// Key of ErrorInfo.metadata: AdviceOf the reason. MakeError sets it; details that are read back do not hold it.
inline constexpr std::string_view kAdviceKey = "advice";

// THE table: what a caller, or who shows the error to people, can do about it. One or two sentences; empty for
// kUnspecified alone.
std::string_view AdviceOf(Reason reason);

// The same for a task's failure. `at_full_progress`: the vendor reported 100 % and then a failure, which without a
// known cause is most often its moderation.
std::string_view AdviceOf(Reason reason, bool at_full_progress);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_ADVICE_H_
