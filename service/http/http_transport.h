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

// Bytes that are read once, in order, and may arrive slowly.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next piece, never larger than 1 MiB; empty at the end. May block until bytes arrive. An error breaks the
  // request off; it must come soon after the request's CancelToken is cancelled.
  virtual absl::StatusOr<std::string> Next() = 0;
  // Sum of all pieces, if it is known before the first.
  virtual std::optional<int64_t> Size() const = 0;
};

// Receives the body of a reply while it arrives.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Called once, before any byte, with the status and headers (names in lower case). False breaks off.
  virtual bool OnHeaders(int status, const std::map<std::string, std::string>& headers) = 0;
  // May block while the reader is slow. False breaks off.
  virtual bool OnBytes(std::string_view bytes) = 0;
};

// One HTTP request.
struct HttpRequest {
  std::string method;  // GET, POST or DELETE.
  std::string url;     // Absolute, http or https.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;                   // Of the body.
  std::string body;                           // Sent with its length, unless `source` is set.
  ByteSource* source = nullptr;               // Sent instead of `body`, with its length if known, else chunked.
  absl::Duration timeout;                     // For the whole exchange, connecting included.
  std::shared_ptr<base::CancelToken> cancel;  // May be null.
  // The peer may bill it: it is sent at most once, on a connection that has carried nothing before, so that no idle
  // connection that the peer closed unseen is taken for a lost answer.
  bool billed = false;
  // It changes something at the peer: as with `billed`, a new connection. Implied by DELETE.
  bool changes = false;
  size_t max_reply_bytes = 4 << 20;  // A longer body counts as kReplyCut. Not applied with a sink.
  // The URL is the vendor's word: it is connected to only at public addresses, and at those of HttpOptions::home.
  bool link = false;
};

// What became of a request.
enum class HttpOutcome {
  kReply,       // A whole reply.
  kNotSent,     // No connection, TLS or proxy: the request surely did not leave.
  kRequestCut,  // The body could not be sent to its end: the peer never had a whole request.
  kNoReply,     // Sent, but no reply: reset, time-out. The peer may have acted on it.
  kReplyCut,    // The reply began (status is set) but its body is not whole, or too long.
  kCancelled,   // Broken off by the CancelToken, the source or the sink; may have been sent.
};

struct HttpReply {
  HttpOutcome outcome = HttpOutcome::kNotSent;
  int status = 0;
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  bool answer_began = false;     // Not kReply: something of an answer came, perhaps unread. The peer may have acted.
  std::string error;             // What went wrong, for logs; no secrets. Empty for kReply.
  bool address_refused = false;  // kNotSent: no address of the host may be connected to.
};

// Blocking HTTP client. Thread-safe. Never throws.
//
// Keeps connections and reuses them for reads; closes a connection after any outcome but kReply. Requests that may be
// billed or change something get a new connection each, which is kept for reads afterwards. A GET on a reused
// connection that turns out to be dead is sent once more on a new one; nothing else is. Redirects are not followed.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual HttpReply Send(const HttpRequest& request) = 0;
  // As Send, but the body goes to `sink` when the status is 200 or 206; other bodies come back in the reply.
  virtual HttpReply Fetch(const HttpRequest& request, ByteSink& sink) = 0;
};

// How an HttpTransport connects.
struct HttpOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  size_t max_idle_connections = 64;               // Per origin.
  absl::Duration idle_limit = absl::Seconds(30);  // Idle longer: closed.
  std::string ca_file;                            // Additional authorities. Empty: the system's only.
  std::string proxy;                              // `http://[user:password@]host:port`. Empty: the environment's.
  std::string user_agent = "seedance-gateway";
  // For URLs of callers: connects to no address of this machine or a private network, whatever a name resolves to. A
  // proxy may stand anywhere; it gets the checked address.
  bool public_addresses_only = false;
  // For links (HttpRequest::link): the vendor's own host. Where it is an IP address, or `localhost`, they may lead
  // there although that is not public. The addresses of any other name are the vendor's word, and get no such right.
  // Empty: none.
  std::string home;
  bool allow_private_links = false;  // Links may lead anywhere.
};

// The transport over cpp-httplib. Proxies come from `options.proxy`, else from https_proxy, http_proxy, no_proxy (in
// lower or upper case) of the environment.
std::unique_ptr<HttpTransport> MakeHttpTransport(const HttpOptions& options);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_HTTP_TRANSPORT_H_
