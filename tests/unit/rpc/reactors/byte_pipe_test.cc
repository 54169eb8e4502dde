#include "service/rpc/reactors/byte_pipe.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::rpc {
namespace {

constexpr absl::Duration kLong = absl::Minutes(1);

TEST(BytePipe, GivesChunksInOrderThenTheEnd) {
  BytePipe pipe(7, kLong, base::RealClock(), [] {});
  EXPECT_EQ(pipe.Size(), 7);
  EXPECT_TRUE(pipe.Push("abc"));
  EXPECT_TRUE(pipe.Push("defg"));
  pipe.Close();
  EXPECT_EQ(*pipe.Next(), "abc");
  EXPECT_EQ(*pipe.Next(), "defg");
  EXPECT_EQ(*pipe.Next(), "");
  EXPECT_EQ(*pipe.Next(), "");
}

TEST(BytePipe, SaysOnceWhenThereIsRoomAgain) {
  int room = 0;
  BytePipe pipe(std::nullopt, kLong, base::RealClock(), [&room] { ++room; });
  EXPECT_TRUE(pipe.Push(std::string(BytePipe::kRoomBytes - 1, 'a')));
  EXPECT_FALSE(pipe.Push("b"));
  EXPECT_TRUE(pipe.Next().ok());
  EXPECT_EQ(room, 1);
  EXPECT_TRUE(pipe.Next().ok());
  EXPECT_EQ(room, 1);
}

TEST(BytePipe, NothingIsAskedForBeforeTheReaderBegins) {
  int room = 0;
  std::unique_ptr<BytePipe> pipe;
  pipe = std::make_unique<BytePipe>(std::nullopt, kLong, base::RealClock(), [&] {
    ++room;
    (void)pipe->Push("first");
  });
  EXPECT_EQ(room, 0);
  EXPECT_EQ(*pipe->Next(), "first");
  EXPECT_EQ(room, 1);
}

TEST(BytePipe, AbortGivesItsStatusAtOnceAndForEver) {
  BytePipe pipe(std::nullopt, kLong, base::RealClock(), [] {});
  EXPECT_TRUE(pipe.Push("abc"));
  pipe.Abort(absl::CancelledError("gone"));
  pipe.Abort(absl::InternalError("later"));
  pipe.Close();
  EXPECT_EQ(pipe.Next().status(), absl::CancelledError("gone"));
  EXPECT_EQ(pipe.Next().status(), absl::CancelledError("gone"));
}

TEST(BytePipe, AbortWakesAWaitingReader) {
  BytePipe pipe(std::nullopt, kLong, base::RealClock(), [] {});
  std::thread reader([&pipe] { EXPECT_EQ(pipe.Next().status().code(), absl::StatusCode::kCancelled); });
  pipe.Abort(absl::CancelledError("gone"));
  reader.join();
}

TEST(BytePipe, AWriterThatStallsIsGivenUp) {
  base::SimulatedClock clock(absl::FromUnixSeconds(1000));
  BytePipe pipe(std::nullopt, kLong, clock, [] {});
  std::atomic<bool> given_up{false};
  // Again and again: the reader may look at the clock for the first time after any of these.
  std::thread mover([&] {
    while (!given_up) {
      clock.Advance(2 * kLong);
      std::this_thread::yield();
    }
  });
  const auto next = pipe.Next();
  given_up = true;
  mover.join();
  if (next.ok()) FAIL() << "a piece came from nowhere";
  EXPECT_EQ(base::GetReason(next.status()), base::Reason::kDeadlineExceeded);
}

TEST(BytePipe, CarriesEveryByteBetweenThreadsWithinItsBounds) {
  constexpr int kChunks = 2000;
  base::Mutex mutex;
  base::CondVar changed;
  bool room = true;
  BytePipe pipe(std::nullopt, kLong, base::RealClock(), [&] {
    base::MutexLock lock(mutex);
    room = true;
    changed.NotifyOne();
  });
  base::Sha256 sent;
  std::thread writer([&] {
    for (int i = 0; i < kChunks; ++i) {
      {
        base::MutexLock lock(mutex);
        while (!room) changed.Wait(mutex);
        room = false;
      }
      const std::string chunk(1 + (i * 7919) % 70000, static_cast<char>('a' + i % 26));
      sent.Update(chunk);
      if (pipe.Push(chunk)) {
        base::MutexLock lock(mutex);
        room = true;
      }
    }
    pipe.Close();
  });
  base::Sha256 received;
  for (;;) {
    const auto piece = pipe.Next();
    ASSERT_TRUE(piece.ok());
    if (piece->empty()) break;
    received.Update(*piece);
  }
  writer.join();
  EXPECT_EQ(received.Hex(), sent.Hex());
}

}  // namespace
}  // namespace seedance::rpc
