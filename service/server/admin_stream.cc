#include "service/server/admin_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "service/base/clock.h"

namespace seedance::server {
namespace {

constexpr size_t kMaxHead = 8 << 10;
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr absl::Duration kLinger = absl::Seconds(1);
constexpr size_t kMaxLinger = 1 << 20;

// Sockets live in real time, whatever clock the rest has.
absl::Time Now() { return base::RealClock().Now(); }

}  // namespace

AdminStream::AdminStream(int fd, const Limits& limits, std::shared_ptr<base::CancelToken> cancel)
    : limits_(limits),
      connection_(fd, nullptr),
      limit_(Now() + limits.exchange_time, std::move(cancel)),
      body_left_(limits.max_body) {
  limit_.SetPhaseEnd(Now() + limits_.receive_time);
}

AdminStream::Head AdminStream::ReadHead() {
  std::array<char, 4096> piece;
  size_t end = std::string::npos;
  while (end == std::string::npos) {
    if (head_.size() > kMaxHead) return Head::kTooLong;
    const ssize_t n = connection_.Read(piece.data(), piece.size(), limit_);
    if (n <= 0) return Head::kNone;
    // The end may lie across two pieces.
    const size_t from = head_.size() - std::min(head_.size(), kEndOfHead.size() - 1);
    head_.append(piece.data(), static_cast<size_t>(n));
    end = head_.find(kEndOfHead, from);
  }
  if (end > kMaxHead) return Head::kTooLong;
  TakeRangeOut();
  return Head::kWhole;
}

// httplib matches it with std::regex, whose stack use grows with the text, and believes what it says of the file's
// size.
void AdminStream::TakeRangeOut() {
  size_t line = head_.find("\r\n") + 2;
  while (head_.compare(line, 2, "\r\n") != 0) {
    const size_t next = head_.find("\r\n", line) + 2;
    if (absl::StartsWithIgnoreCase(head_.substr(line, next - line), "range:")) {
      range_ = std::string(absl::StripAsciiWhitespace(head_.substr(line, next - line).substr(sizeof "range:" - 1)));
      head_.erase(line, next - line);
    } else {
      line = next;
    }
  }
}

ssize_t AdminStream::Read(char* data, size_t size) {
  if (handed_out_ < head_.size()) {
    const size_t n = std::min(size, head_.size() - handed_out_);
    std::memcpy(data, head_.data() + handed_out_, n);
    handed_out_ += n;
    return static_cast<ssize_t>(n);
  }
  if (body_left_ == 0) return -1;
  const ssize_t n = connection_.Read(data, std::min(size, body_left_), limit_);
  if (n > 0) body_left_ -= static_cast<size_t>(n);
  return n;
}

bool AdminStream::Write(std::string_view data) {
  limit_.SetPhaseEnd(Now() + limits_.write_pause);
  if (!broken_) broken_ = !connection_.Write(data, limit_);
  return !broken_;
}

void AdminStream::Linger() {
  if (broken_ || shutdown(connection_.fd(), SHUT_WR) != 0) return;
  limit_.SetPhaseEnd(Now() + kLinger);
  std::array<char, 4096> piece;
  size_t taken = 0;
  while (taken < kMaxLinger) {
    const ssize_t n = connection_.Read(piece.data(), piece.size(), limit_);
    if (n <= 0) return;
    taken += static_cast<size_t>(n);
  }
}

}  // namespace seedance::server
