#ifndef SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_
#define SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_

#include <string>

#include "service/http/connection.h"
#include "service/http/http_transport.h"
#include "service/http/io_limit.h"
#include "service/http/url.h"

namespace seedance::http {

// What one exchange on one connection came to.
struct ExchangeResult {
  HttpReply reply;
  bool untouched = false;  // No byte of an answer came before the connection broke: it may have been dead all along.
  bool reusable = false;   // The connection may carry another request.
};

// Sends `request` over `connection` and reads the answer. `target` is what stands in the request line. With a sink,
// bodies of 200 and 206 go there. Never throws.
ExchangeResult RunExchange(const HttpRequest& request, const Url& url, const std::string& target,
                           const std::string& user_agent, const std::string& proxy_authorization,
                           Connection& connection, IoLimit& limit, ByteSink* sink);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_HTTP_EXCHANGE_H_
