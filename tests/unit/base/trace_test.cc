#include "service/base/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"

namespace seedance::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr char kNotSampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
constexpr char kOther[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Trace, GoodTraceparentIsContinued) {
  SeededRandom random(1);
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(ContinueTrace(good, random), good);
  EXPECT_EQ(TraceId(good), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Trace, BadTraceparentIsReplaced) {
  SeededRandom random(1);
  for (const char* bad : {"", "00", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}) {
    EXPECT_FALSE(IsTraceparent(bad)) << bad;
    const std::string made = ContinueTrace(bad, random);
    EXPECT_TRUE(IsTraceparent(made)) << made;
  }
}

// Keeps what it gets.
class KeepingTracer : public Tracer {
 public:
  KeepingTracer() { SetTracer(this); }
  ~KeepingTracer() override { SetTracer(nullptr); }
  bool SamplesNew() override { return samples; }
  void OnEnd(SpanData span) override { spans.push_back(std::move(span)); }

  bool samples = true;
  std::vector<SpanData> spans;
};

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(Trace, ASpanHasItsOwnIdInItsParentsTrace) {
  KeepingTracer tracer;
  Span outer("outer", SpanData::Kind::kServer, kSampled, kStart);
  ASSERT_TRUE(outer.records());
  Span inner("inner", SpanData::Kind::kClient, outer.traceparent(), kStart);
  inner.Add("n", int64_t{7});
  inner.Link(kOther);
  inner.Link("nothing");
  ErrorDetail detail;
  detail.reason = Reason::kUpstreamUnavailable;
  inner.End(MakeError("secret text", detail), kStart + absl::Seconds(1));
  outer.End(absl::OkStatus(), kStart - absl::Seconds(1));
  ASSERT_EQ(tracer.spans.size(), 2u);
  const SpanData& in = tracer.spans[0];
  const SpanData& out = tracer.spans[1];
  EXPECT_EQ(TraceId(in.traceparent), TraceId(kSampled));
  EXPECT_EQ(in.parent, SpanId(out.traceparent));
  EXPECT_EQ(out.parent, SpanId(kSampled));
  EXPECT_NE(SpanId(in.traceparent), SpanId(out.traceparent));
  EXPECT_EQ(in.status_reason, "UPSTREAM_UNAVAILABLE");
  EXPECT_THAT(in.links, ElementsAre(kOther));
  EXPECT_EQ(in.attributes.at(0).first, "n");
  EXPECT_EQ(out.end, kStart) << "never before its start";
}

TEST(Trace, OnlySampledTracesAreRecordedAndOnlyWithATracer) {
  Span nobody("nobody", SpanData::Kind::kServer, kSampled, kStart);
  EXPECT_FALSE(nobody.records());
  EXPECT_EQ(nobody.traceparent(), kSampled);
  KeepingTracer tracer;
  Span quiet("quiet", SpanData::Kind::kServer, kNotSampled, kStart);
  quiet.End(absl::OkStatus(), kStart);
  Span nowhere("nowhere", SpanData::Kind::kServer, "", kStart);
  nowhere.End(absl::OkStatus(), kStart);
  EXPECT_EQ(quiet.traceparent(), kNotSampled);
  EXPECT_THAT(tracer.spans, IsEmpty());
}

TEST(Trace, TheTracerDecidesOnTracesThatBeginHere) {
  SeededRandom random(1);
  EXPECT_FALSE(IsSampled(ContinueTrace("", random)));
  KeepingTracer tracer;
  EXPECT_TRUE(IsSampled(ContinueTrace("", random)));
  tracer.samples = false;
  EXPECT_FALSE(IsSampled(ContinueTrace("", random)));
  EXPECT_TRUE(IsSampled(ContinueTrace(kSampled, random))) << "the caller's word";
}

TEST(Trace, TwoTracesAreLinkedInBoth) {
  KeepingTracer tracer;
  LinkTraces("watch", kSampled, kOther, kStart);
  ASSERT_EQ(tracer.spans.size(), 2u);
  EXPECT_EQ(TraceId(tracer.spans[0].traceparent), TraceId(kSampled));
  EXPECT_THAT(tracer.spans[0].links, ElementsAre(kOther));
  EXPECT_EQ(TraceId(tracer.spans[1].traceparent), TraceId(kOther));
  EXPECT_THAT(tracer.spans[1].links, ElementsAre(kSampled));
  LinkTraces("watch", kSampled, kSampled, kStart);
  LinkTraces("watch", kSampled, kNotSampled, kStart);
  EXPECT_EQ(tracer.spans.size(), 2u);
}

}  // namespace
}  // namespace seedance::base
