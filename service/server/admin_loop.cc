#include "service/server/admin_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "service/base/clock.h"
#include "service/base/thread.h"

namespace seedance::server {
namespace {

using Phase = AdminConnection::Phase;

// How long a peer may continue to send after its response.
constexpr absl::Duration kLinger = absl::Seconds(1);
// Pieces handled per connection before the others are served.
constexpr int kPiecesAtATime = 16;

// Sockets use real time, whatever clock the rest uses.
absl::Time Now() { return base::RealClock().Now(); }

int Rank(Phase phase) {
  switch (phase) {
    case Phase::kLingering:
      return 0;
    case Phase::kHead:
    case Phase::kBody:
      return 1;
    case Phase::kSending:
      return 2;
  }
  return 2;
}

}  // namespace

AdminLoop::AdminLoop(const std::string& name, const Limits& limits, OnReceived on_received)
    : limits_(limits),
      on_received_(std::move(on_received)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_(base::StartThread(name, [this] { Run(); })) {}

AdminLoop::~AdminLoop() {
  Stop();
  close(wake_);
}

void AdminLoop::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  // Connections added last: close them too.
  Connections added;
  base::MutexLock lock(mutex_);
  added.swap(added_);
}

void AdminLoop::Add(std::unique_ptr<AdminConnection> connection) {
  base::MutexLock lock(mutex_);
  if (stopped_) return;
  if (added_.empty()) eventfd_write(wake_, 1);
  added_.push_back(std::move(connection));
  if (added_.size() <= limits_.max_connections) return;
  // The oldest of the most expendable ones. Those that come back for their bodies are among them: they must not put the
  // newest out, which have not even been read from.
  const auto value = [](const auto& each) { return std::make_pair(Rank(each->phase()), each->accepted()); };
  added_.erase(std::min_element(added_.begin(), added_.end(),
                                [&](const auto& one, const auto& other) { return value(one) < value(other); }));
}

bool AdminLoop::TakeAdded() {
  eventfd_t ignored = 0;
  (void)eventfd_read(wake_, &ignored);
  Connections added;
  {
    base::MutexLock lock(mutex_);
    if (stopped_) return false;
    added.swap(added_);
  }
  const absl::Time now = Now();
  for (auto& connection : added) {
    SetDeadline(*connection, now);
    connections_.push_back(std::move(connection));
  }
  return true;
}

void AdminLoop::SetDeadline(AdminConnection& connection, absl::Time now) const {
  switch (connection.phase()) {
    case Phase::kHead:
    case Phase::kBody:
      connection.deadline = connection.accepted() + limits_.receive_time;
      break;
    case Phase::kSending:
      connection.deadline = std::min(now + limits_.write_pause, connection.accepted() + limits_.exchange_time);
      break;
    case Phase::kLingering:
      connection.deadline = now + kLinger;
      break;
  }
}

void AdminLoop::Evict() {
  size_t held = 0;
  for (const auto& connection : connections_) held += connection->held();
  const auto crowded = [&] { return connections_.size() > limits_.max_connections || held > limits_.max_held; };
  if (!crowded()) return;
  std::unordered_map<std::string_view, int> of_host;
  for (const auto& connection : connections_) ++of_host[connection->host()];
  const auto value = [&](const auto& connection) {
    return std::make_tuple(Rank(connection->phase()), -of_host[connection->host()], connection->accepted());
  };
  // The most expendable ones last.
  std::sort(connections_.begin(), connections_.end(),
            [&](const auto& a, const auto& b) { return value(a) > value(b); });
  while (crowded() && connections_.size() > 1) {
    held -= connections_.back()->held();
    connections_.pop_back();
  }
}

void AdminLoop::Run() {
  while (TakeAdded()) {
    Evict();
    Wait();
    connections_.erase(std::remove(connections_.begin(), connections_.end(), nullptr), connections_.end());
  }
  connections_.clear();
}

void AdminLoop::Wait() {
  absl::Time first = absl::InfiniteFuture();
  std::vector<pollfd> fds = {{wake_, POLLIN, 0}};
  for (const auto& connection : connections_) {
    fds.push_back({connection->fd(), connection->wanted(), 0});
    first = std::min(first, connection->deadline);
  }
  // One millisecond more, so as not to wake early; bounded, because poll takes int.
  const absl::Duration left = std::clamp(first - Now(), absl::ZeroDuration(), absl::Minutes(1));
  if (poll(fds.data(), fds.size(), static_cast<int>(absl::ToInt64Milliseconds(left)) + 1) < 0) return;
  const absl::Time now = Now();
  for (size_t i = 0; i < connections_.size(); ++i) {
    if (now >= connections_[i]->deadline) {
      Expire(connections_[i]);
    } else if (fds[i + 1].revents != 0) {
      Advance(connections_[i], now);
    }
  }
}

void AdminLoop::Advance(std::unique_ptr<AdminConnection>& connection, absl::Time now) {
  for (int i = 0; i < kPiecesAtATime; ++i) {
    const Phase phase = connection->phase();
    switch (connection->Move()) {
      case AdminConnection::Step::kWaiting:
        return;
      case AdminConnection::Step::kProgress:
        // A peer that keeps sending after the response gains no time.
        if (phase != Phase::kLingering) SetDeadline(*connection, now);
        break;
      case AdminConnection::Step::kReceived:
        return on_received_(std::move(connection));
      case AdminConnection::Step::kOver:
        return connection.reset();
    }
  }
}

void AdminLoop::Expire(std::unique_ptr<AdminConnection>& connection) {
  if (connection->phase() != Phase::kBody) return connection.reset();
  connection->GiveUpBody();
  on_received_(std::move(connection));
}

}  // namespace seedance::server
