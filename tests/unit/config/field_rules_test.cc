#include "service/config/field_rules.h"

#include <gtest/gtest.h>

#include "seedance/gateway/config/v1/config.pb.h"

namespace seedance::config {
namespace {

namespace proto = gateway::config::v1;

// Whether the rules found anything, in the form in which it is reported.
std::string Problem(const std::vector<ConfigProblem>& problems) {
  return problems.empty() ? "" : problems.front().field + ": " + problems.front().what;
}

template <typename Message>
std::string Count(Message& message, const char* name) {
  std::vector<ConfigProblem> problems;
  FieldRules(message, "at.", problems).Number(name, 7, 2, 9);
  return Problem(problems);
}

std::string Ratio(proto::MediaLimits& limits) {
  std::vector<ConfigProblem> problems;
  FieldRules(limits, "at.", problems).Fraction("min_ratio", 0.7, 0.2, 0.9);
  return Problem(problems);
}

TEST(FieldRulesTest, AnOptionalNumberThatIsNotGivenHasItsDefault) {
  proto::MediaLimits limits;
  EXPECT_EQ(Count(limits, "min_side"), "");
  EXPECT_EQ(limits.min_side(), 7);
  EXPECT_EQ(Count(limits, "max_bytes"), "");
  EXPECT_EQ(limits.max_bytes(), 7);
  EXPECT_EQ(Ratio(limits), "");
  EXPECT_EQ(limits.min_ratio(), 0.7);
}

TEST(FieldRulesTest, AnOptionalNumberThatIsGivenAsZeroIsZero) {
  proto::MediaLimits limits;
  limits.set_min_side(0);
  limits.set_max_bytes(0);
  limits.set_min_ratio(0);
  EXPECT_EQ(Count(limits, "min_side"), "at.min_side: must be 2 to 9, is 0");
  EXPECT_EQ(Count(limits, "max_bytes"), "at.max_bytes: must be 2 to 9, is 0");
  EXPECT_EQ(Ratio(limits), "at.min_ratio: must be 0.2 to 0.9, is 0");
  std::vector<ConfigProblem> problems;
  FieldRules(limits, "at.", problems).Number("min_side", 7, 0, 9);
  EXPECT_EQ(Problem(problems), "");
  EXPECT_EQ(limits.min_side(), 0) << "the range holds it: no default takes its place";
}

TEST(FieldRulesTest, ZeroOfAnotherNumberCountsAsNotGiven) {
  proto::MediaFetch fetch;
  fetch.set_max_fetches(0);
  EXPECT_EQ(Count(fetch, "max_fetches"), "");
  EXPECT_EQ(fetch.max_fetches(), 7);
  fetch.set_max_fetches(1);
  EXPECT_EQ(Count(fetch, "max_fetches"), "at.max_fetches: must be 2 to 9, is 1");
}

}  // namespace
}  // namespace seedance::config
