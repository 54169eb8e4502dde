#include "service/server/acceptor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <optional>
#include <vector>

#include "service/base/mutex.h"
#include "tests/testing/loopback.h"

namespace seedance::server {
namespace {

// Sockets that the acceptor handed over, closed at the end.
class Accepted {
 public:
  ~Accepted() {
    for (int fd : fds_) close(fd);
  }
  void Add(int fd) {
    base::MutexLock lock(mutex_);
    fds_.push_back(fd);
    changed_.NotifyAll();
  }
  // Waits until `count` came in all; the newest is returned.
  int Await(size_t count) {
    base::MutexLock lock(mutex_);
    while (total() < count) changed_.Wait(mutex_);
    return fds_.back();
  }
  void CloseOldest() {
    base::MutexLock lock(mutex_);
    close(fds_.front());
    fds_.pop_front();
    ++closed_;
  }
  size_t count() {
    base::MutexLock lock(mutex_);
    return total();
  }

 private:
  size_t total() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return fds_.size() + closed_; }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<int> fds_ ABSL_GUARDED_BY(mutex_);
  size_t closed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A client's connection.
class Caller {
 public:
  explicit Caller(const std::string& address) : fd_(testing::ConnectLoopback(address)) {}
  ~Caller() { close(fd_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  bool connected() const { return fd_ >= 0; }
  // As gRPC writes it.
  std::string name() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    return "ipv4:127.0.0.1:" + std::to_string(ntohs(own.sin_port));
  }
  ssize_t Send() const { return send(fd_, "x", 1, MSG_NOSIGNAL); }
  bool open() const {
    char byte = 0;
    return recv(fd_, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
  // Waits for the server to close; false if it sends something instead.
  bool AwaitClose() {
    char byte = 0;
    return recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  const int fd_;
};

std::unique_ptr<Acceptor> Listen(Acceptor::Options options, Accepted& accepted) {
  options.address = "127.0.0.1:0";
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor = Acceptor::Listen(options);
  if (!acceptor.ok()) return nullptr;
  (*acceptor)->Start([&accepted](int fd) { accepted.Add(fd); });
  return *std::move(acceptor);
}

TEST(Acceptor, HandsConnectionsOver) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  const Caller first(acceptor->address());
  const Caller second(acceptor->address());
  accepted.Await(2);
  EXPECT_TRUE(first.connected() && second.connected());
}

TEST(Acceptor, SecondListenerOnThePortIsRefusedWithItsAddress) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  Acceptor::Options taken;
  taken.address = acceptor->address();
  const auto second = Acceptor::Listen(taken);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), ::testing::HasSubstr(acceptor->address()));
}

TEST(Acceptor, AddressWithoutPortIsInvalid) {
  Acceptor::Options options;
  options.address = "localhost";
  EXPECT_EQ(Acceptor::Listen(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Acceptor, ClosesConnectionsOverTheLimitAndTakesOthersOnceSomeAreClosed) {
  Accepted accepted;
  Acceptor::Options options;
  options.max_connections = 2;
  const auto acceptor = Listen(options, accepted);
  const Caller first(acceptor->address());
  const Caller second(acceptor->address());
  accepted.Await(2);
  Caller third(acceptor->address());
  EXPECT_TRUE(third.AwaitClose());
  EXPECT_EQ(accepted.count(), 2u);
  accepted.CloseOldest();
  const Caller fourth(acceptor->address());
  accepted.Await(3);
}

TEST(Acceptor, LimitPerPeerCountsOneAddress) {
  Accepted accepted;
  Acceptor::Options options;
  options.max_per_peer = 1;
  const auto acceptor = Listen(options, accepted);
  const Caller first(acceptor->address());
  accepted.Await(1);
  Caller second(acceptor->address());
  EXPECT_TRUE(second.AwaitClose());
}

TEST(Acceptor, GoesOnAfterRunningOutOfFiles) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  // The callers' sockets are made first: they need descriptors of the same process.
  std::vector<std::unique_ptr<Caller>> before;
  before.push_back(std::make_unique<Caller>(acceptor->address()));
  const int newest = accepted.Await(1);
  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  rlimit tight = old;
  tight.rlim_cur = static_cast<rlim_t>(newest) + 2;  // Room for the caller's socket, not for the accepted one.
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  {
    Caller refused(acceptor->address());
    EXPECT_TRUE(refused.AwaitClose());
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  const Caller after(acceptor->address());
  accepted.Await(2);
}

TEST(Acceptor, KnowsWhenEachConnectionBegan) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1000));
  Accepted accepted;
  Acceptor::Options options;
  options.clock = &clock;
  options.max_connections = 2;
  const auto acceptor = Listen(options, accepted);
  const Caller first(acceptor->address());
  accepted.Await(1);
  clock.Advance(absl::Seconds(5));
  const Caller second(acceptor->address());
  accepted.Await(2);
  EXPECT_EQ(acceptor->AcceptedAt(first.name()), absl::FromUnixSeconds(1000));
  EXPECT_EQ(acceptor->AcceptedAt(second.name()), absl::FromUnixSeconds(1005));
  EXPECT_EQ(acceptor->AcceptedAt("ipv4:127.0.0.1:1"), std::nullopt);
  EXPECT_EQ(acceptor->AcceptedAt("unix:"), std::nullopt);
  accepted.CloseOldest();
  const Caller third(acceptor->address());
  accepted.Await(3);
  EXPECT_EQ(acceptor->AcceptedAt(first.name()), std::nullopt);
  EXPECT_TRUE(acceptor->AcceptedAt(third.name()).has_value());
}

TEST(Acceptor, KnowsConnectionsOverIpv6ByGrpcsNames) {
  Accepted accepted;
  Acceptor::Options options;
  options.address = "[::]:0";
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor = Acceptor::Listen(options);
  if (!acceptor.ok()) GTEST_SKIP() << "no IPv6 here: " << acceptor.status();
  (*acceptor)->Start([&accepted](int fd) { accepted.Add(fd); });
  sockaddr_in6 own{};
  own.sin6_family = AF_INET6;
  own.sin6_addr = in6addr_loopback;
  const std::string& address = (*acceptor)->address();
  own.sin6_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0) {
    accepted.Await(1);
    socklen_t size = sizeof own;
    getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
    const std::string port = std::to_string(ntohs(own.sin6_port));
    EXPECT_TRUE((*acceptor)->AcceptedAt("ipv6:%5B::1%5D:" + port).has_value());
  }
  close(fd);
  // One that speaks IPv4 to the same socket.
  const Caller caller(address);
  if (caller.connected()) {
    accepted.Await(accepted.count() == 0 ? 1 : 2);
    EXPECT_TRUE((*acceptor)->AcceptedAt(caller.name()).has_value());
  }
}

TEST(Acceptor, EndsAllConnectionsButThoseNamed) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  Caller first(acceptor->address());
  const Caller second(acceptor->address());
  Caller third(acceptor->address());
  const int newest = accepted.Await(3);
  acceptor->Stop();
  EXPECT_EQ(acceptor->EndOthers({second.name()}), 2u);
  EXPECT_TRUE(first.AwaitClose());
  EXPECT_TRUE(third.AwaitClose());
  // The other direction stays open: what is under way from the client is still read.
  EXPECT_EQ(third.Send(), 1);
  char byte = 0;
  EXPECT_EQ(recv(newest, &byte, 1, 0), 1);
  EXPECT_TRUE(second.open());
}

TEST(Acceptor, ADescriptorThatBelongsToAnotherFileMeanwhileIsLeftAlone) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  const Caller caller(acceptor->address());
  const int fd = accepted.Await(1);
  acceptor->Stop();
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  ASSERT_EQ(dup2(pair[0], fd), fd);  // Closes the connection and takes its number.
  EXPECT_EQ(acceptor->EndOthers({}), 0u);
  EXPECT_EQ(send(fd, "x", 1, MSG_NOSIGNAL), 1);
  close(pair[0]);
  close(pair[1]);
}

TEST(Acceptor, StopEndsListening) {
  Accepted accepted;
  const auto acceptor = Listen({}, accepted);
  acceptor->Stop();
  EXPECT_FALSE(Caller(acceptor->address()).connected());
}

}  // namespace
}  // namespace seedance::server
