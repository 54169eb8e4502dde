#include "service/http/http_transport.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "service/http/connection.h"
#include "service/http/connection_pool.h"
#include "service/http/http_exchange.h"
#include "service/http/io_limit.h"
#include "service/http/proxy_settings.h"
#include "service/http/tls.h"
#include "service/http/url.h"

namespace seedance::http {
namespace {

HttpReply NotSent(std::string error) {
  HttpReply reply;
  reply.outcome = HttpOutcome::kNotSent;
  reply.error = std::move(error);
  return reply;
}

class PooledTransport : public HttpTransport {
 public:
  explicit PooledTransport(const HttpOptions& options)
      : options_(options),
        proxies_(options.proxy, ProcessEnvironment),
        tls_(options.ca_file),
        pool_(options.max_idle_connections, options.idle_limit) {}

  HttpReply Send(const HttpRequest& request) override { return Run(request, nullptr); }
  HttpReply Fetch(const HttpRequest& request, ByteSink& sink) override { return Run(request, &sink); }

 private:
  HttpReply Run(const HttpRequest& request, ByteSink* sink) {
    const std::optional<Url> url = ParseUrl(request.url);
    if (!url.has_value()) return NotSent("the URL is invalid");
    if (const std::string& error = proxies_.ErrorFor(*url); !error.empty()) return NotSent(error);
    const bool public_only = options_.public_addresses_only || (request.link && !options_.allow_private_links);
    const Destination destination{*url, proxies_.For(*url), public_only, options_.home};
    IoLimit limit(base::RealClock().Now() + request.timeout, request.cancel);
    bool stale = false;
    HttpReply reply = Attempt(request, destination, /*fresh=*/false, limit, sink, stale);
    // No byte came back on a connection that had been idle: most likely the peer had closed it before. Repeating a read
    // is harmless. A change is not repeated: the refusal of the second request would be taken for the answer to the
    // first, which may have been executed.
    if (stale && request.method == "GET") reply = Attempt(request, destination, /*fresh=*/true, limit, sink, stale);
    return reply;
  }

  // `stale`: set when it failed because a reused connection was probably dead.
  HttpReply Attempt(const HttpRequest& request, const Destination& destination, bool fresh, IoLimit& limit,
                    ByteSink* sink, bool& stale) {
    const Url& url = destination.origin;
    const std::string key = absl::StrCat(url.https ? "https://" : "http://", url.Authority());
    std::unique_ptr<Connection> connection;
    // Whether the peer has read a request on a breaking connection is unknowable: it may close an idle one at any
    // moment while the request is on its way. No bound on the idle time excludes that.
    const bool once = request.billed || request.changes || request.method == "DELETE";
    if (!fresh && !once) connection = pool_.Take(key, base::RealClock().Now());
    const bool reused = connection != nullptr;
    if (!reused) {
      auto connected = Connect(destination, tls_, options_.connect_timeout, limit);
      if (!connected.ok()) return ConnectFailed(connected.status(), request.billed, limit);
      connection = *std::move(connected);
      if (connection->PeerHasClosed()) return NotSent("the peer closed the new connection before anything was sent");
    }
    // A plain request through a proxy has the absolute URL; https goes through a tunnel.
    const bool forwarded = destination.proxy.has_value() && !url.https;
    ExchangeResult result =
        RunExchange(request, url, forwarded ? absl::StrCat("http://", url.HostHeader(), url.target) : url.target,
                    options_.user_agent, forwarded ? destination.proxy->authorization : "", *connection, limit, sink);
    stale = reused && result.untouched && !limit.timed_out() && result.reply.outcome != HttpOutcome::kCancelled;
    if (result.reusable) pool_.Put(key, std::move(connection), base::RealClock().Now());
    if (forwarded && result.reply.outcome == HttpOutcome::kReply && result.reply.status == 407) {
      return NotSent("the proxy refuses the gateway's credentials (407)");
    }
    return std::move(result.reply);
  }

  // No byte left this machine; for a billed request this matters more than the cause.
  static HttpReply ConnectFailed(const absl::Status& error, bool billed, const IoLimit& limit) {
    HttpReply reply = NotSent(std::string(error.message()));
    reply.address_refused = absl::IsPermissionDenied(error);
    if (limit.cancelled() && !billed) {
      reply.outcome = HttpOutcome::kCancelled;
      reply.error = "cancelled";
    }
    return reply;
  }

  const HttpOptions options_;
  const ProxySettings proxies_;
  TlsContext tls_;
  ConnectionPool pool_;
};

}  // namespace

std::unique_ptr<HttpTransport> MakeHttpTransport(const HttpOptions& options) {
  return std::make_unique<PooledTransport>(options);
}

}  // namespace seedance::http
