#include "service/upstream/upstream.h"

#include "service/base/error.h"

// Tests: tests/unit/upstream/capability_table_test.cc

namespace seedance::upstream {

absl::StatusOr<UsageLog> Upstream::ReadUsage(const CallOptions&) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUnsupportedByUpstream;
  return base::MakeError("this vendor has no log of what was billed", detail);
}

}  // namespace seedance::upstream
