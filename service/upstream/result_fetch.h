#ifndef SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_
#define SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/http/http_transport.h"
#include "service/upstream/upstream.h"

namespace seedance::upstream {

// One range of one result link.
struct ResultRange {
  std::string uri;
  int64_t offset = 0;
  int64_t limit = 0;  // 0: to the end.
};

// Upstream::FetchResult over plain HTTP storage, for any dialect. Sends no credentials: the link holds its own.
// Leads only to addresses that the transport allows for links, else kUpstreamProtocol; so does each of at most five
// redirects. `timeout` is for the whole transfer. Links that are not https are refused unless `allow_plain_http`.
// A page, JSON, an encoding that was not asked for, or nothing at all is no result: kUpstreamUnavailable, and the sink
// has seen nothing of it.
absl::Status FetchRange(http::HttpTransport& transport, const CallOptions& call, const ResultRange& range,
                        absl::Duration timeout, bool allow_plain_http, ResultSink& sink);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_RESULT_FETCH_H_
