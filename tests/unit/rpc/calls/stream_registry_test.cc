#include "service/rpc/calls/stream_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "service/base/error.h"

namespace seedance::rpc {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

class FakeStream : public EndableStream {
 public:
  void End(const absl::Status& status) override { ends.push_back(status); }
  std::vector<absl::Status> ends;
};

class StreamRegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<StreamRegistry> Make(StreamRegistry::Options options = {}) {
    return std::make_unique<StreamRegistry>(std::move(options), clock_, random_);
  }

  std::shared_ptr<FakeStream> Stream() { return std::make_shared<FakeStream>(); }

  static absl::Status Enter(StreamRegistry& streams, const std::shared_ptr<FakeStream>& stream,
                            const std::string& tenant = "acme", std::string_view peer = "ipv4:192.0.2.1:1") {
    return streams.Enter(stream.get(), stream, tenant, peer);
  }

  base::SimulatedClock clock_{kStart};
  base::SeededRandom random_{1};
};

TEST_F(StreamRegistryTest, RefuseMoreThanTheLimit) {
  StreamRegistry::Options options;
  options.limit = 1;
  const auto streams = Make(options);
  const auto first = Stream();
  const auto second = Stream();
  EXPECT_TRUE(Enter(*streams, first).ok());
  const absl::Status full = Enter(*streams, second, "other");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetReason(full), base::Reason::kQuotaExceeded);
  EXPECT_EQ(base::GetErrorDetail(full).quota_subject, "gateway:watch_streams");
  streams->Leave(first.get());
  EXPECT_TRUE(Enter(*streams, second, "other").ok());
}

TEST_F(StreamRegistryTest, OtherLimitsCountFromThenOn) {
  const auto streams = Make();
  const auto first = Stream();
  const auto second = Stream();
  EXPECT_TRUE(Enter(*streams, first).ok());
  streams->SetLimits(10, 1);
  EXPECT_EQ(base::GetErrorDetail(Enter(*streams, second)).quota_subject, "tenant:acme");
  streams->SetLimits(1, 10);
  EXPECT_EQ(base::GetErrorDetail(Enter(*streams, second, "other")).quota_subject, "gateway:watch_streams");
  EXPECT_EQ(streams->size(), 1u) << "the open one stays";
  streams->SetLimits(2, 2);
  EXPECT_TRUE(Enter(*streams, second).ok());
}

TEST_F(StreamRegistryTest, RefuseMoreThanTheLimitOfATenantAndOnlyThatTenant) {
  StreamRegistry::Options options;
  options.limit_per_tenant = 2;
  const auto streams = Make(options);
  std::vector<std::shared_ptr<FakeStream>> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(Stream());
    ASSERT_TRUE(Enter(*streams, held.back()).ok());
  }
  const auto third = Stream();
  const absl::Status full = Enter(*streams, third);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetReason(full), base::Reason::kQuotaExceeded);
  EXPECT_EQ(base::GetErrorDetail(full).quota_subject, "tenant:acme");
  EXPECT_TRUE(base::GetErrorDetail(full).retry_delay.has_value());
  EXPECT_TRUE(Enter(*streams, Stream(), "other").ok());
  streams->Leave(third.get());  // It has no place to give back.
  EXPECT_FALSE(Enter(*streams, third).ok());
  streams->Leave(held.front().get());
  EXPECT_TRUE(Enter(*streams, third).ok());
}

TEST_F(StreamRegistryTest, DrainEndsTheOpenOnesAndRefusesNewOnes) {
  const auto streams = Make();
  const auto stream = Stream();
  ASSERT_TRUE(Enter(*streams, stream).ok());
  streams->Drain();
  ASSERT_EQ(stream->ends.size(), 1u);
  EXPECT_EQ(stream->ends[0].code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(base::GetReason(stream->ends[0]), base::Reason::kDraining);
  const absl::Status refused = Enter(*streams, Stream());
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(base::GetErrorDetail(refused).retry_delay.has_value());
}

TEST_F(StreamRegistryTest, DrainSpreadsTheReturnOverSeconds) {
  const auto streams = Make();
  std::vector<std::shared_ptr<FakeStream>> many;
  for (int i = 0; i < 1000; ++i) {
    many.push_back(Stream());
    ASSERT_TRUE(Enter(*streams, many.back()).ok());
  }
  const absl::Duration busy = streams->Drain() - kStart;
  EXPECT_GE(busy, absl::Seconds(2)) << "too short for a busy machine";
  std::vector<int> by_tenth(30, 0);
  for (const auto& stream : many) {
    const absl::Duration delay = *base::GetErrorDetail(stream->ends.at(0)).retry_delay - busy;
    ASSERT_GE(delay, absl::Seconds(0.75));
    ASSERT_LT(delay, absl::Seconds(2));
    ++by_tenth[static_cast<size_t>(delay / absl::Milliseconds(100))];
  }
  for (int tenth = 8; tenth < 20; ++tenth) EXPECT_NEAR(by_tenth[tenth], 1000 / 12.5, 40) << tenth;
}

TEST_F(StreamRegistryTest, NobodyIsToldToComeBackBeforeAllHaveEnded) {
  const auto streams = Make();
  std::vector<std::shared_ptr<FakeStream>> many;
  for (int i = 0; i < 1000; ++i) {
    many.push_back(Stream());
    ASSERT_TRUE(Enter(*streams, many.back()).ok());
  }
  const absl::Time latest = kStart + absl::Seconds(1);
  EXPECT_EQ(streams->Drain(latest), latest);
  for (const auto& stream : many) {
    ASSERT_GE(kStart + *base::GetErrorDetail(stream->ends.at(0)).retry_delay, latest + absl::Seconds(0.75));
  }
  clock_.Advance(absl::Seconds(0.5));
  EXPECT_GE(*base::GetErrorDetail(Enter(*streams, Stream())).retry_delay, absl::Seconds(1.25));
  clock_.Advance(absl::Seconds(60));
  EXPECT_LT(*base::GetErrorDetail(Enter(*streams, Stream())).retry_delay, absl::Seconds(2));
}

TEST_F(StreamRegistryTest, NobodyIsToldToComeBackWhileASlowMachineStillEndsStreams) {
  class SlowStream : public FakeStream {
   public:
    explicit SlowStream(base::SimulatedClock& clock) : clock_(clock) {}
    void End(const absl::Status& status) override {
      told_at = clock_.Now();
      FakeStream::End(status);
      clock_.Advance(absl::Milliseconds(20));
    }
    absl::Time told_at;

   private:
    base::SimulatedClock& clock_;
  };
  const auto streams = Make();
  std::vector<std::shared_ptr<SlowStream>> many;
  for (int i = 0; i < 1000; ++i) {
    many.push_back(std::make_shared<SlowStream>(clock_));
    ASSERT_TRUE(Enter(*streams, many.back()).ok());
  }
  const absl::Time latest = kStart + absl::Seconds(4);
  EXPECT_EQ(streams->Drain(latest), latest);
  const absl::Time all_ended = clock_.Now();
  ASSERT_EQ(all_ended, kStart + absl::Seconds(20));
  int early = 0;
  for (const auto& stream : many) {
    if (stream->told_at + *base::GetErrorDetail(stream->ends.at(0)).retry_delay < all_ended) ++early;
  }
  EXPECT_LE(early, 1) << "the first one, whose end has shown the pace";
}

TEST_F(StreamRegistryTest, AwaitNoneReturnsWithTheLastStreamOrAtTheDeadline) {
  const auto streams = Make();
  const auto stream = Stream();
  ASSERT_TRUE(Enter(*streams, stream).ok());
  std::thread late([&] { clock_.Advance(absl::Seconds(5)); });
  streams->AwaitNone(kStart + absl::Seconds(5));
  late.join();
  EXPECT_EQ(streams->size(), 1u);
  std::thread last([&] { streams->Leave(stream.get()); });
  streams->AwaitNone(absl::InfiniteFuture());
  last.join();
  EXPECT_EQ(streams->size(), 0u);
}

TEST_F(StreamRegistryTest, WithoutALimitOfAgeNothingEnds) {
  const auto streams = Make();
  const auto stream = Stream();
  ASSERT_TRUE(Enter(*streams, stream).ok());
  clock_.Advance(absl::Hours(1000));
  EXPECT_EQ(streams->EndAged(), absl::InfiniteFuture());
  EXPECT_TRUE(stream->ends.empty());
}

class AgedStreamsTest : public StreamRegistryTest {
 protected:
  std::unique_ptr<StreamRegistry> MakeAged(absl::Time connected) {
    StreamRegistry::Options options;
    options.age = {absl::Seconds(100), absl::Seconds(60)};
    options.connected_at = [connected](std::string_view peer) {
      return peer == "known" ? std::optional(connected) : std::nullopt;
    };
    return Make(options);
  }
};

TEST_F(AgedStreamsTest, StreamsOfAnOldConnectionEndSpreadBetweenGoawayAndHardClose) {
  const auto streams = MakeAged(kStart - absl::Seconds(50));
  std::vector<std::shared_ptr<FakeStream>> many;
  for (int i = 0; i < 200; ++i) {
    many.push_back(Stream());
    ASSERT_TRUE(Enter(*streams, many.back(), "acme", "known").ok());
  }
  const auto ended = [&] {
    size_t count = 0;
    for (const auto& stream : many) count += stream->ends.size();
    return count;
  };
  clock_.Advance(absl::Seconds(60));  // 110 s after the connection: the latest GOAWAY.
  streams->EndAged();
  EXPECT_EQ(ended(), 0u);
  size_t before = 0;
  size_t most_at_once = 0;
  while (ended() < many.size() && clock_.Now() < kStart + absl::Seconds(200)) {
    const absl::Time next = streams->EndAged();
    most_at_once = std::max(most_at_once, ended() - before);
    before = ended();
    clock_.Advance(next - clock_.Now());
  }
  EXPECT_EQ(ended(), many.size());
  EXPECT_LE(clock_.Now(), kStart + absl::Seconds(100));  // 150 s after the connection: the earliest hard close.
  EXPECT_LT(most_at_once, many.size() / 4);
  for (const auto& stream : many) {
    ASSERT_EQ(stream->ends.size(), 1u);
    EXPECT_EQ(base::GetReason(stream->ends[0]), base::Reason::kDraining);
    EXPECT_LE(*base::GetErrorDetail(stream->ends[0]).retry_delay, absl::Seconds(0.5));
  }
}

TEST_F(AgedStreamsTest, AnUnknownConnectionBeginsWithItsStream) {
  const auto streams = MakeAged(kStart - absl::Seconds(50));
  const auto stream = Stream();
  ASSERT_TRUE(Enter(*streams, stream, "acme", "unix:").ok());
  clock_.Advance(absl::Seconds(109));
  streams->EndAged();
  EXPECT_TRUE(stream->ends.empty());
  clock_.Advance(absl::Seconds(41));
  streams->EndAged();
  EXPECT_EQ(stream->ends.size(), 1u);
}

TEST_F(AgedStreamsTest, AStreamThatLeftIsNotEnded) {
  const auto streams = MakeAged(kStart);
  const auto stream = Stream();
  ASSERT_TRUE(Enter(*streams, stream, "acme", "known").ok());
  streams->Leave(stream.get());
  clock_.Advance(absl::Hours(1));
  streams->EndAged();
  EXPECT_TRUE(stream->ends.empty());
}

TEST_F(AgedStreamsTest, AStreamThatIsGoneButHasNotLeftIsLeftAlone) {
  const auto streams = MakeAged(kStart);
  auto stream = Stream();
  FakeStream* const gone = stream.get();
  ASSERT_TRUE(Enter(*streams, stream, "acme", "known").ok());
  stream.reset();
  clock_.Advance(absl::Hours(1));
  streams->EndAged();
  streams->Leave(gone);
  EXPECT_EQ(streams->size(), 0u);
}

}  // namespace
}  // namespace seedance::rpc
