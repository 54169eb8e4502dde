#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/http/connection.h"
#include "service/http/public_address.h"

// Tests: tests/unit/http/http_transport_test.cc, tests/unit/http/http_tls_proxy_test.cc

namespace seedance::http {
namespace {

// Bound on a proxy's answer to CONNECT.
constexpr size_t kMaxProxyHead = 16384;
// Bound on addresses of one host that a proxy is tried with: the owner of the name decides how many there are.
constexpr size_t kMaxTunnels = 8;

using ConnectionOr = absl::StatusOr<std::unique_ptr<Connection>>;

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

// `flags`: for getaddrinfo.
absl::StatusOr<AddressList> Resolve(const std::string& host, int port, int flags = AI_ADDRCONFIG) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  const std::string service = absl::StrCat(port);
  addrinfo* list = nullptr;
  int failed = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  if (failed != 0 && flags == AI_ADDRCONFIG) {
    // A machine with only loopback has no address in the sense of AI_ADDRCONFIG.
    hints.ai_flags = 0;
    failed = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
  }
  if (failed != 0) return absl::UnavailableError(absl::StrCat("cannot resolve ", host, ": ", gai_strerror(failed)));
  return AddressList(list);
}

std::string ErrorText(int error) { return std::strerror(error); }

// Connects `fd`; an empty text means success.
std::string ConnectSocket(int fd, const addrinfo& address, IoLimit& limit) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return "";
  if (errno != EINPROGRESS) return ErrorText(errno);
  if (!limit.Wait(fd, POLLOUT)) return "time-out";
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : ErrorText(error);
}

absl::Status NotPublic(const std::string& host) {
  return absl::PermissionDeniedError(absl::StrCat("the address of ", host, " is not public"));
}

// Whether `address` belongs to `host`, ports ignored. Only for a host that the operator configured as an address or
// localhost: the addresses of other names are data of their owner, the vendor.
bool IsAddressOf(const addrinfo& address, const std::string& host) {
  if (host.empty()) return false;
  const absl::StatusOr<AddressList> list = host == "localhost" ? Resolve(host, 0) : Resolve(host, 0, AI_NUMERICHOST);
  if (!list.ok()) return false;
  for (const addrinfo* a = list->get(); a != nullptr; a = a->ai_next) {
    if (SameAddress(*a->ai_addr, *address.ai_addr)) return true;
  }
  return false;
}

// Allowed addresses: all, or public ones and those of `home` (an address or localhost).
struct AddressRule {
  bool public_only = false;
  std::string home;

  bool Allows(const addrinfo& address) const {
    return !public_only || IsPublicAddress(*address.ai_addr) || IsAddressOf(address, home);
  }
};

// The allowed addresses of `host`. They point into `list`.
absl::StatusOr<std::vector<const addrinfo*>> Allowed(const AddressList& list, const std::string& host,
                                                     const AddressRule& rule) {
  std::vector<const addrinfo*> allowed;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    if (rule.Allows(*a)) allowed.push_back(a);
  }
  if (allowed.empty() && rule.public_only) return NotPublic(host);
  return allowed;
}

ConnectionOr ConnectTcp(const std::string& host, int port, const AddressRule& rule, IoLimit& limit,
                        absl::Time not_after) {
  absl::StatusOr<AddressList> list = Resolve(host, port);
  if (!list.ok()) return list.status();
  absl::StatusOr<std::vector<const addrinfo*>> allowed = Allowed(*list, host, rule);
  if (!allowed.ok()) return allowed.status();
  auto addresses = static_cast<int>(allowed->size());
  std::string error = "the name has no address";
  for (const addrinfo* a : *allowed) {
    const int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0) {
      error = ErrorText(errno);
      continue;
    }
    auto connection = std::make_unique<Connection>(fd, nullptr);
    // The remaining time is divided, so that one dead address does not use up that of the others.
    const absl::Time now = base::RealClock().Now();
    limit.SetPhaseEnd(now + (not_after - now) / std::max(addresses--, 1));
    error = ConnectSocket(fd, *a, limit);
    if (error.empty()) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return connection;
    }
    if (limit.cancelled() || limit.timed_out()) break;
  }
  return absl::UnavailableError(absl::StrCat("connecting to ", host, " port ", port, ": ", error));
}

// Asks the proxy for a tunnel. httplib 0.11.4 can too, but it deadlocks on its own mutex when the proxy answers with
// `Connection: close`, and it sends the proxy's credentials to the origin.
absl::Status OpenTunnel(Connection& connection, const Destination& destination, const std::string& authority,
                        IoLimit& limit) {
  std::string request = absl::StrCat("CONNECT ", authority, " HTTP/1.1\r\nHost: ", authority, "\r\n");
  if (!destination.proxy->authorization.empty()) {
    absl::StrAppend(&request, "Proxy-Authorization: ", destination.proxy->authorization, "\r\n");
  }
  request += "\r\n";
  if (!connection.Write(request, limit)) return absl::UnavailableError("the proxy did not accept CONNECT");
  std::string head;
  while (head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0) {
    char byte;
    if (head.size() > kMaxProxyHead || connection.Read(&byte, 1, limit) != 1) {
      return absl::UnavailableError("the proxy did not answer CONNECT");
    }
    head.push_back(byte);
  }
  const bool opened = head.size() > 12 && head.compare(0, 7, "HTTP/1.") == 0 && head.compare(8, 2, " 2") == 0;
  if (opened) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the proxy refused CONNECT: ", head.substr(0, std::min<size_t>(head.find('\r'), 100))));
}

// Targets for CONNECT, tried in order. Where only public addresses are allowed these are addresses resolved and checked
// here: the proxy might resolve the name to another one.
absl::StatusOr<std::vector<std::string>> TunnelTargets(const Url& origin, const AddressRule& rule) {
  if (!rule.public_only) return std::vector<std::string>{origin.Authority()};
  absl::StatusOr<AddressList> list = Resolve(origin.host, origin.port);
  if (!list.ok()) return list.status();
  absl::StatusOr<std::vector<const addrinfo*>> allowed = Allowed(*list, origin.host, rule);
  if (!allowed.ok()) return allowed.status();
  std::vector<std::string> targets;
  for (const addrinfo* address : *allowed) {
    if (targets.size() == kMaxTunnels) break;
    char text[NI_MAXHOST];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) {
      continue;
    }
    Url checked = origin;
    checked.host = text;
    targets.push_back(checked.Authority());
  }
  if (targets.empty()) return NotPublic(origin.host);
  return targets;
}

// A connection through the proxy to the first of the origin's addresses that it reaches.
ConnectionOr ConnectTunnel(const Destination& destination, const AddressRule& rule, IoLimit& limit,
                           absl::Time not_after) {
  const absl::StatusOr<std::vector<std::string>> targets = TunnelTargets(destination.origin, rule);
  if (!targets.ok()) return targets.status();
  auto left = static_cast<int>(targets->size());
  absl::Status refused;
  for (const std::string& target : *targets) {
    // The remaining time is divided, as between the addresses of a host.
    const absl::Time now = base::RealClock().Now();
    const absl::Time phase_end = now + (not_after - now) / std::max(left--, 1);
    ConnectionOr connection = ConnectTcp(destination.proxy->host, destination.proxy->port, {}, limit, phase_end);
    if (!connection.ok()) return connection;
    limit.SetPhaseEnd(phase_end);
    refused = OpenTunnel(**connection, destination, target, limit);
    if (refused.ok()) return connection;
    if (limit.cancelled() || limit.timed_out()) break;
  }
  return refused;
}

ConnectionOr ConnectPhases(const Destination& destination, TlsContext& tls, IoLimit& limit, absl::Time not_after) {
  const Url& origin = destination.origin;
  const std::optional<Proxy>& proxy = destination.proxy;
  const AddressRule rule = {destination.public_addresses_only, destination.home};
  // For plain requests the proxy resolves the name itself.
  if (proxy.has_value() && rule.public_only && !origin.https) return NotPublic(origin.host);
  ConnectionOr connection = !proxy.has_value() ? ConnectTcp(origin.host, origin.port, rule, limit, not_after)
                            : origin.https     ? ConnectTunnel(destination, rule, limit, not_after)
                                               : ConnectTcp(proxy->host, proxy->port, {}, limit, not_after);
  limit.SetPhaseEnd(not_after);
  if (!connection.ok() || !origin.https) return connection;
  std::string error;
  SslPtr ssl = tls.NewSession((*connection)->fd(), origin.host, error);
  if (ssl == nullptr) return absl::UnavailableError(error);
  (*connection)->UseTls(std::move(ssl));
  if (absl::Status done = (*connection)->Handshake(limit); !done.ok()) return done;
  return connection;
}

}  // namespace

ConnectionOr Connect(const Destination& destination, TlsContext& tls, absl::Duration timeout, IoLimit& limit) {
  const absl::Time not_after = std::min(limit.deadline(), base::RealClock().Now() + timeout);
  ConnectionOr connection = ConnectPhases(destination, tls, limit, not_after);
  limit.SetPhaseEnd(absl::InfiniteFuture());
  return connection;
}

}  // namespace seedance::http
