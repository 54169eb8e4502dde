#ifndef SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_
#define SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "service/http/http_transport.h"

namespace seedance::upstream {

// A source of one text, in pieces of at most `piece` bytes.
class TextSource : public http::ByteSource {
 public:
  explicit TextSource(std::string text, size_t piece = 1 << 16) : text_(std::move(text)), piece_(piece) {}

  absl::StatusOr<std::string> Next() override {
    std::string piece = text_.substr(at_, piece_);
    at_ += piece.size();
    return piece;
  }
  std::optional<int64_t> Size() const override { return static_cast<int64_t>(text_.size()); }

 private:
  const std::string text_;
  const size_t piece_;
  size_t at_ = 0;
};

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
