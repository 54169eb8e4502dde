#include "tests/testing/tcp_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"
#include "tests/testing/loopback.h"

namespace seedance::testing {
namespace {

// A socket that blocks for twenty seconds at most.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    const timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    const int yes = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }

  void Send(const std::string& bytes) const {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Exactly so many bytes; fewer when the stream ends.
  std::string Receive(size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = recv(fd_, bytes.data(), size, MSG_WAITALL);
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }
  // All bytes until the stream ends, and how: 0 or an errno.
  std::pair<std::string, int> ReceiveAll() const {
    std::string all;
    char bytes[4096];
    for (;;) {
      const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
      if (got <= 0) return {all, got == 0 ? 0 : errno};
      all.append(bytes, static_cast<size_t>(got));
    }
  }
  bool HasBytes() const {
    char byte;
    return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }
  void EndSending() const { shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// A server that the test plays itself, and a gate in front of it.
class TcpGateTest : public ::testing::Test {
 protected:
  TcpGateTest() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    bind(listener_.fd(), reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_.fd(), 100);
    getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    NewGate(1, absl::StrCat("127.0.0.1:", ntohs(address.sin_port)));
  }

  void NewGate(uint64_t seed, std::string target = "") {
    if (!target.empty()) target_ = target;
    gate_ = *TcpGate::Start(target_, seed);
  }

  // -1: refused.
  int TryConnect() { return ConnectLoopback(gate_->address()); }
  Socket Client() {
    const int fd = TryConnect();
    EXPECT_GE(fd, 0);
    return Socket(fd);
  }
  Socket Server() { return Socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)); }

  Socket listener_;
  std::string target_;
  std::unique_ptr<TcpGate> gate_;
};

TEST_F(TcpGateTest, PassesBytesAndEndsBothWays) {
  const Socket client = Client();
  const Socket server = Server();
  const std::string large(1 << 20, 'x');
  client.Send("question");
  EXPECT_EQ(server.Receive(8), "question");
  server.Send("answer");
  EXPECT_EQ(client.Receive(6), "answer");
  client.EndSending();
  EXPECT_EQ(server.ReceiveAll(), std::pair(std::string(), 0));
  server.Send("after the client's end");
  server.EndSending();
  EXPECT_EQ(client.ReceiveAll(), std::pair(std::string("after the client's end"), 0));
  EXPECT_TRUE(Eventually([&] { return gate_->Stats().open == 0; }));
}

TEST_F(TcpGateTest, PassesMoreThanItHolds) {
  const Socket client = Client();
  const Socket server = Server();
  const std::string large(3 << 20, 'x');
  std::thread sender([&] { client.Send(large); });
  EXPECT_EQ(server.Receive(large.size()), large);
  sender.join();
}

TEST_F(TcpGateTest, ClosedItRefusesAndOpenItTakesConnectionsAgain) {
  const Socket before = Client();
  const Socket server = Server();
  gate_->Close();
  EXPECT_EQ(TryConnect(), -1);
  before.Send("lives on");
  EXPECT_EQ(server.Receive(8), "lives on");
  gate_->Open();
  const Socket after = Client();
  after.Send("new");
  EXPECT_EQ(Server().Receive(3), "new");
}

TEST_F(TcpGateTest, ResetAllIsAResetForBothSides) {
  const Socket client = Client();
  const Socket server = Server();
  client.Send("x");
  ASSERT_EQ(server.Receive(1), "x");
  gate_->ResetAll();
  EXPECT_EQ(client.ReceiveAll().second, ECONNRESET);
  EXPECT_EQ(server.ReceiveAll().second, ECONNRESET);
}

TEST_F(TcpGateTest, FinishAllIsAnOrderlyEndForBothSides) {
  const Socket client = Client();
  const Socket server = Server();
  client.Send("x");
  ASSERT_EQ(server.Receive(1), "x");
  gate_->FinishAll();
  EXPECT_EQ(client.ReceiveAll().second, 0);
  EXPECT_EQ(server.ReceiveAll().second, 0);
}

TEST_F(TcpGateTest, StallHoldsOneDirectionBackUntilItIsTakenAway) {
  const Socket client = Client();
  const Socket server = Server();
  client.Send("x");
  ASSERT_EQ(server.Receive(1), "x");
  gate_->Stall(GateDirection::kToServer, true);
  client.Send("held");
  EXPECT_TRUE(Eventually([&] { return gate_->Stats().held_bytes == 4; }));
  server.Send("passes");
  EXPECT_EQ(client.Receive(6), "passes");
  EXPECT_FALSE(server.HasBytes());
  gate_->Stall(GateDirection::kToServer, false);
  EXPECT_EQ(server.Receive(4), "held");
}

TEST_F(TcpGateTest, ServerLearnsThatAClientBehindAStallGaveUp) {
  GateWeather weather;
  weather.stall = 1;
  gate_->SetWeather(weather);
  std::optional<Socket> client(Client());
  const Socket server = Server();
  client->Send("held");
  EXPECT_TRUE(Eventually([&] { return gate_->Stats().held_bytes == 4; }));
  client.reset();
  EXPECT_EQ(server.ReceiveAll(), std::pair(std::string(), ECONNRESET));
}

TEST_F(TcpGateTest, CutsLetAPartPassAndEndAsTheySay) {
  for (const bool by_reset : {false, true}) {
    GateWeather weather;
    (by_reset ? weather.reset : weather.cut) = 1;
    gate_->SetWeather(weather);
    const Socket client = Client();
    const Socket server = Server();
    client.Send(std::string(1000, 'x'));
    const auto [bytes, end] = server.ReceiveAll();
    EXPECT_LT(bytes.size(), 1000u);
    EXPECT_EQ(end, by_reset ? ECONNRESET : 0);
  }
  EXPECT_EQ(gate_->Stats().cuts, 1);
  EXPECT_EQ(gate_->Stats().resets, 1);
}

TEST_F(TcpGateTest, SlicesAndDelaysChangeNothingButTheTime) {
  GateWeather weather;
  weather.slice = 0.5;
  weather.delay = 0.5;
  weather.longest_delay = absl::Milliseconds(2);
  gate_->SetWeather(weather);
  const Socket client = Client();
  const Socket server = Server();
  std::string all;
  for (int i = 0; i < 30; ++i) {
    const std::string piece(static_cast<size_t>(100 + i), static_cast<char>('a' + i % 26));
    client.Send(piece);
    EXPECT_EQ(server.Receive(piece.size()), piece);
  }
  const GateStats stats = gate_->Stats();
  EXPECT_GT(stats.slices, 0);
  EXPECT_GT(stats.delays, 0);
}

TEST(GatePipe, SliceIsManySmallWritesWithPausesBetween) {
  int in[2];
  int out[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, in), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, out), 0);
  const Socket sockets[] = {Socket(in[0]), Socket(in[1]), Socket(out[0]), Socket(out[1])};
  sockets[0].Send(std::string(200, 'x'));
  GateWeather weather;
  weather.slice = 1;
  GateStats stats;
  std::mt19937_64 random(1);
  GatePipe pipe(in[1], out[0], GateDirection::kToServer);
  absl::Time now = absl::FromUnixSeconds(1000);
  pipe.Read(weather, random, now, stats);
  EXPECT_EQ(stats.slices, 1);
  int writes = 0;
  for (size_t received = 0; received < 200; ++writes) {
    pipe.Write(now);
    char bytes[200];
    const ssize_t got = recv(out[1], bytes, sizeof(bytes), 0);
    ASSERT_GT(got, 0);
    ASSERT_LT(got, 8);
    received += static_cast<size_t>(got);
    if (received == 200) break;
    pipe.Write(now);
    ASSERT_EQ(recv(out[1], bytes, sizeof(bytes), 0), -1) << "no pause";
    ASSERT_GT(pipe.next_write(), now);
    now = pipe.next_write();
  }
  EXPECT_GE(writes, 200 / 7 - 1);
  EXPECT_EQ(pipe.held_bytes(), 0);
}

TEST_F(TcpGateTest, GarblesRepliesOnlyAndTheSameForTheSameSeed) {
  const std::string sent(500, 'x');
  std::map<uint64_t, std::string> first;
  for (const uint64_t seed : {7u, 8u, 7u}) {
    NewGate(seed);
    GateWeather weather;
    weather.garble = 1;
    gate_->SetWeather(weather);
    const Socket client = Client();
    const Socket server = Server();
    client.Send(sent);
    EXPECT_EQ(server.Receive(sent.size()), sent);
    server.Send(sent);
    const std::string got = client.Receive(sent.size());
    ASSERT_EQ(got.size(), sent.size());
    EXPECT_NE(got, sent);
    for (const char c : got) EXPECT_TRUE(c == 'x' || c == static_cast<char>('x' ^ 0x80));
    const auto [known, is_new] = first.try_emplace(seed, got);
    EXPECT_EQ(known->second, got);
  }
  EXPECT_NE(first[7], first[8]);
}

TEST_F(TcpGateTest, RefusesAsOftenAsItIsTold) {
  GateWeather weather;
  weather.refuse = 1;
  gate_->SetWeather(weather);
  const int fd = TryConnect();
  // The kernel completes the handshake before the gate can say no.
  if (fd >= 0) {
    EXPECT_EQ(Socket(fd).ReceiveAll().second, ECONNRESET);
  }
  EXPECT_EQ(gate_->Stats().refused, 1);
}

TEST_F(TcpGateTest, WithoutAServerTheClientIsReset) {
  NewGate(1, "127.0.0.1:1");
  EXPECT_EQ(Client().ReceiveAll().second, ECONNRESET);
}

TEST_F(TcpGateTest, TargetMustBeAnAddress) {
  EXPECT_EQ(TcpGate::Start("localhost:80").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TcpGate::Start("127.0.0.1").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace seedance::testing
