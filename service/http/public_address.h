#ifndef SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_
#define SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_

#include <sys/socket.h>

namespace seedance::http {

// Whether the address can belong to a server on the internet: not to this machine, a private or carrier network, a
// link, a group or a reserved range. IPv6 addresses that carry an IPv4 address are judged by it.
bool IsPublicAddress(const sockaddr& address);

// Whether both are the same IP address, whatever the ports. False for other families.
bool SameAddress(const sockaddr& left, const sockaddr& right);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_PUBLIC_ADDRESS_H_
