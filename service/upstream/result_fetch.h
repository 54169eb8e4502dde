#ifndef SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_
#define SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/http/http_transport.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// A byte range of a result link.
struct ResultRange {
  std::string uri;
  int64_t offset = 0;
  int64_t limit = 0;  // Bytes; 0: to the end.
};

// TaskApi::FetchResult over plain HTTP storage, for all dialects. Sends no credentials: the link carries its own.
// `timeout`: for the whole transfer. Blocks.
//
// Connects only to addresses that the transport allows for links, also for each of at most five redirects; otherwise
// kUpstreamProtocol. Links that are not https are refused unless `allow_plain_http`. HTML, JSON, an encoding that was
// not requested, or an empty body is not a result: kUpstreamUnavailable, before the sink gets anything.
absl::Status FetchRange(http::HttpTransport& transport, const CallOptions& call, const ResultRange& range,
                        absl::Duration timeout, bool allow_plain_http, ResultSink& sink);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_
