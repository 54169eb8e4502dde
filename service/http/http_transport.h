#ifndef SEEDANCE_SERVICE_HTTP_HTTP_TRANSPORT_H_
#define SEEDANCE_SERVICE_HTTP_HTTP_TRANSPORT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/cancel.h"

namespace seedance::http {

// A stream of bytes that is read once, in order. For one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next piece, at most 1 MiB; empty at the end. May block until bytes arrive. An error aborts the request; it must
  // come soon after the request's CancelToken is cancelled.
  virtual absl::StatusOr<std::string> Next() = 0;
  // Total size in bytes, if known before the first piece.
  virtual std::optional<int64_t> Size() const = 0;
};

// Receives the body of a reply as it arrives, on the thread of Fetch.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Called once, before any byte, with the status and the headers (names in lower case). False aborts the request.
  virtual bool OnHeaders(int status, const std::map<std::string, std::string>& headers) = 0;
  // Next bytes of the body. May block, which slows the peer down. False aborts the request.
  virtual bool OnBytes(std::string_view bytes) = 0;
};

// One HTTP request. `source` and `cancel` must stay valid during the exchange.
struct HttpRequest {
  std::string method;  // GET, POST or DELETE.
  std::string url;     // Absolute, http or https.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;                   // Of the body.
  std::string body;                           // Sent with its length, unless `source` is set.
  ByteSource* source = nullptr;               // Sent instead of `body`, with its length if known, else chunked.
  absl::Duration timeout;                     // For the whole exchange, including connecting.
  std::shared_ptr<base::CancelToken> cancel;  // May be null.
  // The peer may bill it: it is sent at most once, and on a new connection, so that a stale idle connection is not
  // mistaken for a lost answer.
  bool billed = false;
  // It changes state at the peer: uses a new connection, like `billed`. Implied by DELETE.
  bool changes = false;
  size_t max_reply_bytes = 4 << 20;  // A longer body counts as kReplyCut. Not applied with a sink.
  // The URL was supplied by the vendor: only public addresses, and those of HttpOptions::home, are connected to.
  bool link = false;
};

// What became of a request.
enum class HttpOutcome {
  kReply,       // A whole reply.
  kNotSent,     // No connection, TLS or proxy: surely not sent.
  kRequestCut,  // The body could not be sent completely: the peer never had a whole request.
  kNoReply,     // Sent, but no reply: reset, time-out. The peer may have acted on it.
  kReplyCut,    // The reply began (status is set), but its body is incomplete or too long.
  kCancelled,   // Aborted by the CancelToken, the source or the sink; may have been sent.
};

// Outcome of an exchange and what was received.
struct HttpReply {
  HttpOutcome outcome = HttpOutcome::kNotSent;
  int status = 0;
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  bool answer_began = false;     // Not kReply: bytes of an answer came, perhaps unread. The peer may have acted.
  std::string error;             // Cause for logs, without secrets. Empty for kReply.
  bool address_refused = false;  // kNotSent: no address of the host is allowed.
};

// Blocking HTTP client. Thread-safe. Never throws.
//
// Keeps connections and reuses them for reads; closes a connection after any outcome but kReply. Billed or changing
// requests get a new connection each, which is kept for reads afterwards. A GET on a reused connection that proves dead
// is sent once more on a new one; nothing else is repeated. Redirects are not followed.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Sends `request` and returns the whole reply. Blocks until done, `timeout` or cancellation.
  virtual HttpReply Send(const HttpRequest& request) = 0;
  // As Send, but the body goes to `sink` when the status is 200 or 206; other bodies are in the reply.
  virtual HttpReply Fetch(const HttpRequest& request, ByteSink& sink) = 0;
};

// Settings of an HttpTransport.
struct HttpOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  size_t max_idle_connections = 64;               // Per origin.
  absl::Duration idle_limit = absl::Seconds(30);  // Longer idle connections are closed.
  std::string ca_file;                            // Additional root certificates (PEM). Empty: the system's only.
  std::string proxy;  // `http:  // `http://[user:password@]host:port`. Empty: from the environment.
  std::string user_agent = "seedance-gateway";
  // For URLs of callers: connects to no address of this machine or of a private network, whatever a name resolves to.
  // The proxy may be anywhere; it gets the checked address.
  bool public_addresses_only = false;
  // For links (HttpRequest::link): the vendor's own host. If it is an IP address or `localhost`, links may lead to its
  // address although that is not public. Any other name is resolved by data that the vendor controls, and is not
  // exempt. Empty: none.
  std::string home;
  bool allow_private_links = false;  // Links may lead to any address.
};

// The transport over cpp-httplib. The proxy is `options.proxy`, otherwise that of the environment: https_proxy,
// http_proxy and no_proxy, in lower or upper case. Never fails; the proxy's faults are reported per request.
std::unique_ptr<HttpTransport> MakeHttpTransport(const HttpOptions& options);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_HTTP_TRANSPORT_H_
