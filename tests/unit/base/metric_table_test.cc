#include "service/base/metric_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"

namespace seedance::base {
namespace {

using absl::EndsWith;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(MetricTable, FollowsTheConventionsOfPrometheus) {
  std::set<std::string> names;
  for (const MetricSpec& spec : MetricTable()) {
    SCOPED_TRACE(spec.name);
    EXPECT_TRUE(names.insert(spec.name).second);
    EXPECT_THAT(spec.name, MatchesRegex("(seedance|process)_[a-z0-9_]+"));
    EXPECT_EQ(EndsWith(spec.name, "_total"), spec.type == MetricSpec::Type::kCounter);
    EXPECT_EQ(spec.bounds.empty(), spec.type != MetricSpec::Type::kHistogram);
    EXPECT_TRUE(std::is_sorted(spec.bounds.begin(), spec.bounds.end()));
    EXPECT_TRUE(EndsWith(spec.help, "."));
    EXPECT_THAT(spec.help, Not(AnyOf(HasSubstr("|"), HasSubstr("\n"))));
    for (const std::string& label : spec.labels) EXPECT_THAT(label, MatchesRegex("[a-z_]+"));
  }
}

TEST(MetricTable, IsPrintedAsARowForEachMetric) {
  const std::string text = MetricTableText();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), static_cast<ptrdiff_t>(MetricTable().size()) + 2);
  EXPECT_THAT(text, HasSubstr("| `seedance_calls_total` | counter | method, code | "));
}

}  // namespace
}  // namespace seedance::base
