#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_CONNECTION_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/server/admin_answers.h"
#include "service/server/admin_request.h"

namespace seedance::server {

// One connection of the admin server: one request and one response, then lingering: bytes left unread at the close
// would reset the connection, and the peer might lose the response. Owns the socket. No method blocks. For one thread
// at a time.
//
// Tests: tests/unit/server/admin_server_test.cc, tests/unit/server/admin_attack_test.cc
class AdminConnection {
 public:
  enum class Phase { kHead, kBody, kSending, kLingering };
  // Result of Move and ExpectBody.
  enum class Step {
    kWaiting,   // Nothing more can be done now.
    kProgress,  // Bytes moved; more may follow.
    kReceived,  // Head or body is complete or invalid; `outcome` tells.
    kOver,      // The connection can be closed.
  };
  // Whether a received head or body is complete, invalid or too large.
  enum class Outcome { kWhole, kBad, kTooLarge };

  // Takes ownership of `fd`, which is non-blocking.
  AdminConnection(int fd, absl::Time accepted);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  // Sends or receives what is possible now, within bounds that keep other connections from waiting.
  Step Move();

  // The received head; nullopt: not HTTP.
  std::optional<AdminRequest> Head() const { return ParseRequestHead(head_); }
  Outcome outcome() const { return outcome_; }
  // Starts receiving the body, of which a part may be there already: kReceived if all is.
  Step ExpectBody(AdminRequest request, AdminBody body);
  // Stops waiting for the rest of the body; its outcome is kBad.
  void GiveUpBody() { outcome_ = Outcome::kBad; }
  // The request whose body was received, and the body.
  const AdminRequest& request() const { return request_; }
  const std::string& body() const { return body_->content(); }

  // Starts sending the response; without its body for HEAD. `place` is released when everything was sent.
  void Answer(AdminAnswer answer, bool head_only, std::shared_ptr<void> place);

  int fd() const { return fd_; }
  Phase phase() const { return phase_; }
  // Events to wait for with poll(2).
  short wanted() const { return phase_ == Phase::kSending ? kWrite : kRead; }
  const std::string& host() const { return host_; }  // The peer's address.
  absl::Time accepted() const { return accepted_; }
  // Bytes held in memory.
  size_t held() const { return head_.size() + out_.size() + (body_.has_value() ? body_->content().size() : 0); }

  // When the connection is closed if nothing happens. Set by the owner.
  absl::Time deadline = absl::InfiniteFuture();

 private:
  static const short kRead;
  static const short kWrite;

  Step Receive();
  Step TakeHead(std::string_view bytes);
  Step TakeBody(std::string_view bytes);
  Step Send();
  Step SendFile();
  Step Linger();
  void BeginLinger();

  const int fd_;
  const absl::Time accepted_;
  const std::string host_;
  Phase phase_ = Phase::kHead;
  Outcome outcome_ = Outcome::kWhole;
  std::string head_;
  std::string ahead_;  // Received after the head.
  AdminRequest request_;
  std::optional<AdminBody> body_;
  std::string out_;
  size_t sent_ = 0;  // Bytes of out_ sent.
  std::shared_ptr<const OpenFile> file_;
  int64_t offset_ = 0;
  int64_t left_ = 0;  // Bytes of the file to send.
  std::shared_ptr<void> place_;
  size_t lingered_ = 0;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_CONNECTION_H_
