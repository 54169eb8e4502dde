// A vendor that closes idle connections unannounced, at random ages, leaves no billed call in doubt.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "service/http/connection.h"
#include "service/http/http_transport.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"

namespace seedance::http {
namespace {

constexpr int kThreads = 4;
constexpr int kCallsOfThread = 500;
// About as long as the pauses between the requests of one thread, so that ends and requests meet often.
constexpr int kMostAgeMicros = 400;

// Answers the first request of each connection; closes it when no other one has come within a random time.
TrickServer::Script ClosesIdleConnections() {
  return [](Peer& peer, int number) {
    std::mt19937 random(static_cast<uint32_t>(number));
    std::uniform_int_distribution<int> age(0, kMostAgeMicros);
    while (!peer.ReadRequest().empty()) {
      peer.Send(OkReply("{}"));
      if (!peer.AwaitInput(absl::Microseconds(age(random)))) return;
    }
  };
}

// Calls of which nobody knows whether they were carried out, of those sent between reads that keep connections warm.
int LostAnswers(bool billed) {
  TrickServer server(ClosesIdleConnections());
  auto transport = MakeHttpTransport({});
  std::atomic<int> lost = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kThreads; ++i) {
    callers.emplace_back([&] {
      HttpRequest call = Post(server.url(), "{}");
      call.billed = billed;
      for (int n = 0; n < kCallsOfThread; ++n) {
        transport->Send(Get(server.url()));
        const HttpOutcome outcome = transport->Send(call).outcome;
        if (outcome != HttpOutcome::kReply && outcome != HttpOutcome::kNotSent) ++lost;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  return lost;
}

double Percent(int lost) { return 100.0 * lost / (kThreads * kCallsOfThread); }

TEST(IdleClose, LeavesNoBilledCallInDoubt) {
  const int on_kept_connections = LostAnswers(/*billed=*/false);
  const int billed = LostAnswers(/*billed=*/true);
  std::printf("in doubt: %.2f %% of the calls on kept connections, %.3f %% of the billed ones\n",
              Percent(on_kept_connections), Percent(billed));
  EXPECT_GT(on_kept_connections, 0) << "the vendor's ends met no request, so the test shows nothing";
  EXPECT_LT(Percent(billed), 0.1);
}

TEST(IdleClose, TheEndOfThePeerIsSeenBeforeAnythingIsWritten) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  Connection connection(ends[0], nullptr);
  EXPECT_FALSE(connection.PeerHasClosed());
  // Bytes alone are no end: a server may speak first, as TLS does with its tickets.
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_FALSE(connection.PeerHasClosed());
  close(ends[1]);
  EXPECT_TRUE(connection.PeerHasClosed());
}

}  // namespace
}  // namespace seedance::http
