#ifndef SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_PAGES_H_
#define SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_PAGES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace seedance::engine {

// As many pages as any plan fills, and an end for a vendor that always says "more".
inline constexpr int kMostPages = 100;

// Calls `visit(report)` for every entry of a vendor's list. `list(query)` reads the page `query.page`
// (StatusOr<upstream::ReportPage>). True: that was all; false: there is more than kMostPages. Ends with the first error
// of either.
//
// Tests: tests/unit/engine/assets/adoption_test.cc, tests/unit/engine/assets/groups_test.cc
template <typename Query, typename List, typename Visit>
absl::StatusOr<bool> ForEachListed(Query query, List list, Visit visit) {
  for (query.page = 1; query.page <= kMostPages; ++query.page) {
    auto page = list(query);
    if (!page.ok()) return page.status();
    for (auto& report : page->items) {
      if (absl::Status visited = visit(report); !visited.ok()) return visited;
    }
    if (!page->more) return true;
  }
  return false;
}

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_ASSETS_VENDOR_PAGES_H_
