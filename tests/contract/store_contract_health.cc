#include "absl/time/clock.h"
#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

TEST_P(StoreContract, ProbeOfASoundStoreIsGoodAndSaysWhenItWasMade) {
  const store::Store::Health first = store().Probe(At(0), absl::ZeroDuration());
  EXPECT_TRUE(first.status.ok()) << first.status;
  // The clock of the backend may be far from this; what counts is that a new answer carries the new time.
  const absl::Time later = absl::Now() + absl::Hours(1);
  EXPECT_EQ(store().Probe(later, absl::Seconds(2)).checked, later);
  EXPECT_EQ(store().Probe(later + absl::Seconds(1), absl::Seconds(2)).checked, later) << "the last answer is repeated";
  EXPECT_EQ(store().Probe(later + absl::Seconds(3), absl::Seconds(2)).checked, later + absl::Seconds(3));
}

TEST_P(StoreContract, ProbeIsNoChangeOfAnyResource) {
  const int64_t before = store().PutGroup(MakeGroup("a"))->revision;
  ASSERT_TRUE(store().Probe(absl::Now() + absl::Hours(1), absl::ZeroDuration()).status.ok());
  EXPECT_EQ(store().GetHistoryBounds()->newest, before);
}

}  // namespace
}  // namespace seedance::testing
