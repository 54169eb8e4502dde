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

// One connection of the admin server: one request, one answer, and then for a moment what the peer still sends, because
// bytes left unread at the close would reset the connection and the peer might lose the answer. No call blocks on the
// peer. For one thread at a time.
class AdminConnection {
 public:
  enum class Phase { kHead, kBody, kSending, kLingering };
  // What became of a step.
  enum class Step {
    kWaiting,   // Nothing more can be done now.
    kProgress,  // Bytes moved; more may follow.
    kReceived,  // The head or the body has ended, in order or not; `outcome` says how.
    kOver,      // The connection is of no more use.
  };
  enum class Outcome { kWhole, kBad, kTooLarge };

  // Takes `fd` over, non-blocking.
  AdminConnection(int fd, absl::Time accepted);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  // Moves what can be moved, within bounds that keep other connections from waiting.
  Step Move();

  // The head is there, of this outcome: what it says; nullopt: no HTTP.
  std::optional<AdminRequest> Head() const { return ParseRequestHead(head_); }
  Outcome outcome() const { return outcome_; }
  // The body follows. Its first bytes may be there: kReceived if it has ended already.
  Step ExpectBody(AdminRequest request, AdminBody body);
  // The rest of the body is not waited for: its outcome is kBad.
  void GiveUpBody() { outcome_ = Outcome::kBad; }
  // The request whose body was received, and the body.
  const AdminRequest& request() const { return request_; }
  const std::string& body() const { return body_->content(); }

  // The answer is sent from now on; without its body for a HEAD request. `place` is given up once it was sent.
  void Answer(AdminAnswer answer, bool head_only, std::shared_ptr<void> place);

  int fd() const { return fd_; }
  Phase phase() const { return phase_; }
  // Of poll(2).
  short wanted() const { return phase_ == Phase::kSending ? kWrite : kRead; }
  const std::string& host() const { return host_; }  // The peer's address.
  absl::Time accepted() const { return accepted_; }
  // Bytes kept in memory.
  size_t held() const { return head_.size() + out_.size() + (body_.has_value() ? body_->content().size() : 0); }

  // When it is given up. The owner sets it.
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
  std::string ahead_;  // What came behind the head.
  AdminRequest request_;
  std::optional<AdminBody> body_;
  std::string out_;
  size_t sent_ = 0;  // Of out_.
  std::shared_ptr<const OpenFile> file_;
  int64_t offset_ = 0;
  int64_t left_ = 0;  // Of the file.
  std::shared_ptr<void> place_;
  size_t lingered_ = 0;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_CONNECTION_H_
