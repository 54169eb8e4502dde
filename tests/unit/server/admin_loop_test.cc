// Which connections an AdminLoop keeps when more come than it may have.
#include "service/server/admin_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string_view>
#include <vector>

#include "service/base/mutex.h"
#include "tests/testing/eventually.h"

namespace seedance::server {
namespace {

constexpr std::string_view kHead = "GET /livez HTTP/1.1\r\n\r\n";

// The peer of a connection.
class Peer {
 public:
  Peer() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0); }
  ~Peer() { close(fds_[1]); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void Send(std::string_view text) {
    EXPECT_EQ(send(fds_[1], text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // The other end, accepted at a second of 2027. Once.
  std::unique_ptr<AdminConnection> Accepted(int second) const {
    return std::make_unique<AdminConnection>(fds_[0], absl::FromUnixSeconds(1'800'000'000 + second));
  }
  // The same after its head was received, with a body to come.
  std::unique_ptr<AdminConnection> WithBodyToCome(int second) const {
    auto connection = Accepted(second);
    EXPECT_EQ(connection->ExpectBody({}, AdminBody::OfLength(9)), AdminConnection::Step::kProgress);
    return connection;
  }
  bool closed() const {
    char byte = 0;
    return recv(fds_[1], &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int fds_[2];
};

// While the loop is busy, connections come, and others return to wait for their bodies.
TEST(AdminLoopTest, TheNewestIsKeptHoweverManyReturnForTheirBodies) {
  base::Mutex mutex;
  base::CondVar changed;
  int received = 0;
  bool released = false;
  AdminLoop::Limits limits;
  limits.max_connections = 3;
  limits.receive_time = absl::Hours(24 * 365);  // By the times above.
  Peer first;
  std::vector<Peer> bodies(4);
  Peer probe;
  AdminLoop loop("admin-test", limits, [&](std::unique_ptr<AdminConnection>) {
    base::MutexLock lock(mutex);
    ++received;
    while (!released) changed.Wait(mutex);
  });
  first.Send(kHead);
  loop.Add(first.Accepted(0));
  EXPECT_TRUE(testing::Eventually([&] {
    base::MutexLock lock(mutex);
    return received == 1;
  }));
  for (int i = 0; i < 3; ++i) loop.Add(bodies[static_cast<size_t>(i)].WithBodyToCome(1 + i));
  probe.Send(kHead);
  loop.Add(probe.Accepted(9));
  EXPECT_TRUE(bodies[0].closed());
  loop.Add(bodies[3].WithBodyToCome(4));
  EXPECT_TRUE(bodies[1].closed());
  EXPECT_FALSE(probe.closed());
  {
    base::MutexLock lock(mutex);
    released = true;
    changed.NotifyAll();
  }
  EXPECT_TRUE(testing::Eventually([&] {
    base::MutexLock lock(mutex);
    return received == 2;
  })) << "the probe";
}

}  // namespace
}  // namespace seedance::server
