#ifndef SEEDANCE_SERVICE_BASE_HOST_HOST_PORT_H_
#define SEEDANCE_SERVICE_BASE_HOST_HOST_PORT_H_

#include <optional>
#include <string>

namespace seedance::base {

// `host:port` of a listening socket or of a peer. Neither part is checked. (http::ParseHostPort reads those of URLs.)
struct HostPort {
  std::string host;  // An IPv6 address without its brackets.
  std::string port;
};

// nullopt: there is no colon.
std::optional<HostPort> SplitHostPort(const std::string& address);

// What stands before the last colon, brackets included; all of it when there is none.
std::string WithoutPort(const std::string& address);

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_HOST_HOST_PORT_H_
