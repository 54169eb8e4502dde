#ifndef SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_
#define SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_

#include <sys/socket.h>

namespace seedance::http {

// Whether `address` can belong to a server on the internet: not loopback, private, carrier-grade NAT, link-local,
// multicast or reserved. An IPv6 address that embeds an IPv4 address is classified by that one. False for other
// families.
bool IsPublicAddress(const sockaddr& address);

// Whether both are the same IP address; ports are ignored. False for other families.
bool SameAddress(const sockaddr& left, const sockaddr& right);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_
