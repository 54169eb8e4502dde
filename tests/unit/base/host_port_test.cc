#include "service/base/host/host_port.h"

#include <gtest/gtest.h>

namespace seedance::base {
namespace {

TEST(HostPortTest, BracketsOfIpv6AreNoPartOfTheHost) {
  EXPECT_EQ(SplitHostPort("[::1]:8443")->host, "::1");
  EXPECT_EQ(SplitHostPort("[::1]:8443")->port, "8443");
  EXPECT_EQ(SplitHostPort("localhost:0")->host, "localhost");
  EXPECT_EQ(SplitHostPort(":80")->host, "");
  EXPECT_FALSE(SplitHostPort("localhost").has_value());
}

TEST(HostPortTest, WithoutItsPortAnAddressStaysAsItIsWritten) {
  EXPECT_EQ(WithoutPort("ipv6:[::1]:8443"), "ipv6:[::1]");
  EXPECT_EQ(WithoutPort("localhost"), "localhost");
}

}  // namespace
}  // namespace seedance::base
