#ifndef SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_
#define SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "service/http/http_transport.h"
#include "tests/unit/http/text_source.h"

namespace seedance::upstream {

using http::TextSource;

inline http::HttpReply Answer(http::HttpOutcome outcome, int status, std::string body) {
  http::HttpReply reply;
  reply.outcome = outcome;
  reply.status = status;
  reply.body = std::move(body);
  if (outcome != http::HttpOutcome::kReply) reply.error = "scripted";
  return reply;
}

// Gives the same answer to everything; keeps the requests. Reads a request's source only when it answers with a reply.
class ScriptedTransport : public http::HttpTransport {
 public:
  explicit ScriptedTransport(http::HttpReply reply) : reply_(std::move(reply)) {}

  http::HttpReply Send(const http::HttpRequest& request) override {
    requests_.push_back(request);
    if (request.source != nullptr && reply_.outcome == http::HttpOutcome::kReply) Drain(*request.source);
    return reply_;
  }
  http::HttpReply Fetch(const http::HttpRequest& request, http::ByteSink&) override { return Send(request); }

  const std::vector<http::HttpRequest>& requests() const { return requests_; }

 private:
  static void Drain(http::ByteSource& source) {
    for (absl::StatusOr<std::string> piece = source.Next(); piece.ok() && !piece->empty();) piece = source.Next();
  }

  const http::HttpReply reply_;
  std::vector<http::HttpRequest> requests_;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_
