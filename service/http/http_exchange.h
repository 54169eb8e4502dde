#ifndef SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_
#define SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_

#include <string>

#include "service/http/connection.h"
#include "service/http/http_transport.h"
#include "service/http/io_limit.h"
#include "service/http/url.h"

namespace seedance::http {

// Outcome of one exchange on one connection.
//
// Tests: tests/unit/http/http_transport_test.cc, tests/unit/http/http_streams_test.cc
struct ExchangeResult {
  HttpReply reply;
  bool untouched = false;  // No byte of an answer came before the connection broke: it may have been dead before.
  bool reusable = false;   // The connection may carry another request.
};

// Sends `request` over `connection` and reads the answer. `target`: the request target of the request line.
// `proxy_authorization`: header value, empty for none. With `sink` (may be null), bodies of 200 and 206 go there.
// Blocks until done or `limit`. Never throws.
ExchangeResult RunExchange(const HttpRequest& request, const Url& url, const std::string& target,
                           const std::string& user_agent, const std::string& proxy_authorization,
                           Connection& connection, IoLimit& limit, ByteSink* sink);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_
