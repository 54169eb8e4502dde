#include "service/http/public_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace seedance::http {
namespace {

struct Network {
  uint32_t address;
  int bits;
};

constexpr uint32_t V4(uint32_t a, uint32_t b, uint32_t c) { return a << 24 | b << 16 | c << 8; }

// IANA's special-purpose address registry, and reserved ranges.
constexpr std::array<Network, 15> kNotPublic = {{
    {V4(0, 0, 0), 8},        // This host.
    {V4(10, 0, 0), 8},       // Private.
    {V4(100, 64, 0), 10},    // Carrier-grade NAT.
    {V4(127, 0, 0), 8},      // Loopback.
    {V4(169, 254, 0), 16},   // Link-local; metadata services of clouds.
    {V4(172, 16, 0), 12},    // Private.
    {V4(192, 0, 0), 24},     // IETF protocols.
    {V4(192, 0, 2), 24},     // Documentation.
    {V4(192, 88, 99), 24},   // 6to4 relays.
    {V4(192, 168, 0), 16},   // Private.
    {V4(198, 18, 0), 15},    // Benchmarks.
    {V4(198, 51, 100), 24},  // Documentation.
    {V4(203, 0, 113), 24},   // Documentation.
    {V4(224, 0, 0), 4},      // Multicast.
    {V4(240, 0, 0), 4},      // Reserved.
}};

bool IsPublicV4(uint32_t address) {
  return std::none_of(kNotPublic.begin(), kNotPublic.end(), [address](const Network& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

using V6 = std::array<uint8_t, 16>;

uint32_t V4At(const V6& address, size_t at) {
  return uint32_t{address[at]} << 24 | uint32_t{address[at + 1]} << 16 | uint32_t{address[at + 2]} << 8 |
         address[at + 3];
}

bool BeginsWith(const V6& address, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

bool IsPublicV6(const V6& address) {
  if (BeginsWith(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return IsPublicV4(V4At(address, 12));
  // NAT64 and 6to4.
  if (BeginsWith(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return IsPublicV4(V4At(address, 12));
  if (BeginsWith(address, {0x20, 0x02})) return IsPublicV4(V4At(address, 2));
  if ((address[0] & 0xe0) != 0x20) return false;                               // Only 2000::/3 is global unicast.
  const bool protocols = BeginsWith(address, {0x20, 0x01}) && address[2] < 2;  // 2001::/23, Teredo among them.
  const bool documentation =
      BeginsWith(address, {0x20, 0x01, 0x0d, 0xb8}) || (BeginsWith(address, {0x3f, 0xff}) && address[2] < 0x10);
  return !protocols && !documentation;
}

uint32_t V4Of(const sockaddr& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof(v4));
  return ntohl(v4.sin_addr.s_addr);
}

V6 V6Of(const sockaddr& address) {
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof(v6));
  V6 bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return bytes;
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) return IsPublicV4(V4Of(address));
  return address.sa_family == AF_INET6 && IsPublicV6(V6Of(address));
}

bool SameAddress(const sockaddr& left, const sockaddr& right) {
  if (left.sa_family != right.sa_family) return false;
  if (left.sa_family == AF_INET) return V4Of(left) == V4Of(right);
  return left.sa_family == AF_INET6 && V6Of(left) == V6Of(right);
}

}  // namespace seedance::http
