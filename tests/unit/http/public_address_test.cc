#include "service/http/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace seedance::http {
namespace {

bool IsPublic(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return IsPublicAddress(reinterpret_cast<sockaddr&>(v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  return IsPublicAddress(reinterpret_cast<sockaddr&>(v6));
}

TEST(PublicAddress, AddressesOfTheInternetArePublic) {
  for (const char* text : {"1.1.1.1",          "9.255.255.255",        "11.0.0.0",
                           "100.63.255.255",   "100.128.0.0",          "126.255.255.255",
                           "128.0.0.0",        "169.253.255.255",      "172.15.255.255",
                           "172.32.0.0",       "192.167.255.255",      "192.169.0.0",
                           "198.17.255.255",   "198.20.0.0",           "223.255.255.255",
                           "2606:4700::1111",  "2001:4860:4860::8888", "::ffff:8.8.8.8",
                           "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(IsPublic(text)) << text;
  }
}

TEST(PublicAddress, ThisMachinePrivateNetworksLinksGroupsAndReservedRangesAreNot) {
  for (const char* text :
       {"0.0.0.0",     "0.1.2.3",         "10.0.0.0",        "10.255.255.255", "100.64.0.0",     "100.127.255.255",
        "127.0.0.1",   "127.255.255.255", "169.254.169.254", "172.16.0.0",     "172.31.255.255", "192.0.0.1",
        "192.0.2.1",   "192.168.0.0",     "192.168.255.255", "198.18.0.0",     "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1",       "240.0.0.1",       "255.255.255.255"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
    EXPECT_FALSE(IsPublic(std::string("::ffff:") + text)) << text;
  }
  for (const char* text : {"::", "::1", "::7f00:1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1", "100::1",
                           "2001::1", "2001:db8::1", "3fff::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1",
                           "2002:c0a8:101::1", "::ffff:0:127.0.0.1", "4000::1"}) {
    EXPECT_FALSE(IsPublic(text)) << text;
  }
}

TEST(SameAddress, ComparesAddressesAndNotPorts) {
  sockaddr_in one{};
  one.sin_family = AF_INET;
  one.sin_port = 1;
  one.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in other = one;
  other.sin_port = 2;
  const auto same = [](const auto& left, const auto& right) {
    return SameAddress(reinterpret_cast<const sockaddr&>(left), reinterpret_cast<const sockaddr&>(right));
  };
  EXPECT_TRUE(same(one, other));
  other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  EXPECT_FALSE(same(one, other));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_TRUE(same(v6, v6));
  EXPECT_FALSE(same(one, v6));
}

TEST(PublicAddress, OtherKindsOfAddressesAreNot) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(IsPublicAddress(other));
}

}  // namespace
}  // namespace seedance::http
