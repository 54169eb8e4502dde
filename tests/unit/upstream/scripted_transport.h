#ifndef SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_
#define SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "service/http/http_transport.h"

namespace seedance::upstream {

// A source of one text, in pieces of at most `piece` bytes.
class TextSource : public ByteSource {
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

inline HttpReply Answer(HttpOutcome outcome, int status, std::string body) {
  HttpReply reply;
  reply.outcome = outcome;
  reply.status = status;
  reply.body = std::move(body);
  if (outcome != HttpOutcome::kReply) reply.error = "scripted";
  return reply;
}

// Gives the same answer to everything; keeps the requests. Reads a request's source only when it answers with a reply.
class ScriptedTransport : public HttpTransport {
 public:
  explicit ScriptedTransport(HttpReply reply) : reply_(std::move(reply)) {}

  HttpReply Send(const HttpRequest& request) override {
    requests_.push_back(request);
    if (request.source != nullptr && reply_.outcome == HttpOutcome::kReply) Drain(*request.source);
    return reply_;
  }
  HttpReply Fetch(const HttpRequest& request, ByteSink&) override { return Send(request); }

  const std::vector<HttpRequest>& requests() const { return requests_; }

 private:
  static void Drain(ByteSource& source) {
    for (absl::StatusOr<std::string> piece = source.Next(); piece.ok() && !piece->empty();) piece = source.Next();
  }

  const HttpReply reply_;
  std::vector<HttpRequest> requests_;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_TESTS_UNIT_UPSTREAM_SCRIPTED_TRANSPORT_H_
