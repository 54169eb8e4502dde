#include "service/tracing/otlp_tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "seedance/gateway/otlp/v1/trace.pb.h"
#include "service/base/log.h"
#include "tests/testing/eventually.h"

namespace seedance::tracing {
namespace {

using ::seedance::testing::Eventually;
using ::testing::ElementsAre;

namespace otlp = gateway::otlp::v1;

constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// A collector that answers with the next of its statuses, the last one for ever.
class Collector {
 public:
  std::unique_ptr<http::HttpTransport> Transport() { return std::make_unique<Line>(*this); }

  void Answer(std::vector<int> statuses) {
    base::MutexLock lock(mutex_);
    statuses_ = std::move(statuses);
  }
  std::vector<http::HttpRequest> requests() {
    base::MutexLock lock(mutex_);
    return requests_;
  }
  size_t spans() {
    size_t count = 0;
    for (const http::HttpRequest& request : requests()) {
      otlp::ExportTraceRequest read;
      EXPECT_TRUE(read.ParseFromString(request.body));
      count += static_cast<size_t>(read.resource_spans(0).scope_spans(0).spans_size());
    }
    return count;
  }

 private:
  class Line : public http::HttpTransport {
   public:
    explicit Line(Collector& collector) : collector_(collector) {}
    http::HttpReply Send(const http::HttpRequest& request) override { return collector_.Take(request); }
    http::HttpReply Fetch(const http::HttpRequest&, http::ByteSink&) override { return {}; }

   private:
    Collector& collector_;
  };

  http::HttpReply Take(const http::HttpRequest& request) {
    http::HttpReply reply;
    base::MutexLock lock(mutex_);
    requests_.push_back(request);
    const int status = statuses_.front();
    if (statuses_.size() > 1) statuses_.erase(statuses_.begin());
    if (status == 0) return reply;  // No connection.
    reply.outcome = http::HttpOutcome::kReply;
    reply.status = status;
    return reply;
  }

  base::Mutex mutex_;
  std::vector<int> statuses_ ABSL_GUARDED_BY(mutex_) = {200};
  std::vector<http::HttpRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

class OtlpTracerTest : public ::testing::Test {
 protected:
  OtlpTracerTest() {
    base::SetLogLevel(base::LogLevel::kError);
    options_.url = "http://collector/v1/traces";
    options_.interval = absl::Milliseconds(1);
    options_.resource = {{"service.name", "gateway"}};
  }
  void Start() { tracer_ = std::make_unique<OtlpTracer>(options_, collector_.Transport(), metrics_, random_); }
  void Send(int spans) {
    for (int i = 0; i < spans; ++i) {
      base::SpanData span;
      span.name = absl::StrCat("span ", i);
      span.traceparent = kTrace;
      span.start = absl::FromUnixSeconds(1'800'000'000);
      span.end = span.start + absl::Milliseconds(5);
      tracer_->OnEnd(std::move(span));
    }
  }
  bool Counted(const std::string& result, int spans) {
    return absl::StrContains(metrics_.Scrape(),
                             absl::StrCat("seedance_trace_spans_total{result=\"", result, "\"} ", spans, "\n"));
  }

  Collector collector_;
  base::Metrics metrics_;
  base::SeededRandom random_{1};
  OtlpTracer::Options options_;
  std::unique_ptr<OtlpTracer> tracer_;
};

TEST(OtlpSpans, AreWhatACollectorReads) {
  base::SpanData span;
  span.name = "vendor create_task";
  span.kind = base::SpanData::Kind::kClient;
  span.traceparent = kTrace;
  span.parent = "0102030405060708";
  span.start = absl::FromUnixNanos(1'800'000'000'000'000'001);
  span.end = span.start + absl::Milliseconds(5);
  span.attributes = {{"text", std::string("x")}, {"whole", int64_t{7}}, {"part", 0.5}, {"yes", true}};
  span.links = {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  span.status = absl::StatusCode::kUnavailable;
  span.status_reason = "UPSTREAM_UNAVAILABLE";
  otlp::ExportTraceRequest request;
  ASSERT_TRUE(request.ParseFromString(EncodeSpans({{"service.name", "gateway"}}, {span})));
  ASSERT_EQ(request.resource_spans_size(), 1);
  EXPECT_EQ(request.resource_spans(0).resource().attributes(0).value().string_value(), "gateway");
  const otlp::Span& read = request.resource_spans(0).scope_spans(0).spans(0);
  EXPECT_EQ(absl::BytesToHexString(read.trace_id()), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(absl::BytesToHexString(read.span_id()), "00f067aa0ba902b7");
  EXPECT_EQ(absl::BytesToHexString(read.parent_span_id()), "0102030405060708");
  EXPECT_EQ(read.kind(), 3);
  EXPECT_EQ(read.start_time_unix_nano(), 1'800'000'000'000'000'001u);
  EXPECT_EQ(read.end_time_unix_nano() - read.start_time_unix_nano(), 5'000'000u);
  EXPECT_EQ(read.attributes(1).value().int_value(), 7);
  EXPECT_EQ(read.attributes(2).value().double_value(), 0.5);
  EXPECT_TRUE(read.attributes(3).value().bool_value());
  EXPECT_EQ(absl::BytesToHexString(read.links(0).trace_id()), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(read.status().code(), 2);
  EXPECT_EQ(read.status().message(), "UPSTREAM_UNAVAILABLE");
}

TEST(OtlpSpans, AnAnswerSaysHowManyWereRejected) {
  otlp::ExportTraceResponse response;
  response.mutable_partial_success()->set_rejected_spans(3);
  EXPECT_EQ(RejectedSpans(response.SerializeAsString()), 3);
  EXPECT_EQ(RejectedSpans(""), 0);
  EXPECT_EQ(RejectedSpans("not a message"), 0);
}

TEST_F(OtlpTracerTest, SpansAreSentInBatchesWithTheirHeaders) {
  options_.batch = 2;
  options_.authorization = base::Secret("Bearer collector");
  Start();
  Send(5);
  ASSERT_TRUE(Eventually([&] { return Counted("exported", 5); }));
  EXPECT_GE(collector_.requests().size(), 3u);
  const http::HttpRequest first = collector_.requests().front();
  EXPECT_EQ(first.method, "POST");
  EXPECT_EQ(first.url, options_.url);
  EXPECT_EQ(first.content_type, "application/x-protobuf");
  EXPECT_THAT(first.headers, ElementsAre(::testing::Pair("authorization", "Bearer collector")));
}

TEST_F(OtlpTracerTest, WhatTheCollectorCannotTakeNowIsSentAgainAndDroppedAtLast) {
  collector_.Answer({0, 503, 200});
  Start();
  Send(1);
  ASSERT_TRUE(Eventually([&] { return Counted("exported", 1); }));
  EXPECT_EQ(collector_.requests().size(), 3u);
  collector_.Answer({503});
  Send(1);
  ASSERT_TRUE(Eventually([&] { return Counted("dropped", 1); }));
  EXPECT_EQ(collector_.requests().size(), 6u);
}

TEST_F(OtlpTracerTest, WhatTheCollectorRefusesIsNotSentAgain) {
  collector_.Answer({400});
  Start();
  Send(1);
  ASSERT_TRUE(Eventually([&] { return Counted("dropped", 1); }));
  EXPECT_EQ(collector_.requests().size(), 1u);
}

TEST_F(OtlpTracerTest, ACollectorThatIsAwayCostsABoundedQueue) {
  collector_.Answer({0});
  options_.interval = absl::Hours(1);
  options_.max_queued = 10;
  options_.batch = 20;
  Start();
  Send(15);
  EXPECT_TRUE(Counted("dropped", 5));
  tracer_.reset();
  EXPECT_TRUE(Counted("dropped", 15));
}

TEST_F(OtlpTracerTest, TheEndSendsWhatIsLeft) {
  options_.interval = absl::Hours(1);
  Start();
  Send(3);
  tracer_.reset();
  EXPECT_EQ(collector_.spans(), 3u);
}

TEST_F(OtlpTracerTest, TheRatioIsThatOfSampledTraces) {
  options_.sample_ratio = 0.25;
  Start();
  int sampled = 0;
  for (int i = 0; i < 4000; ++i) sampled += tracer_->SamplesNew() ? 1 : 0;
  EXPECT_NEAR(sampled, 1000, 150);
}

}  // namespace
}  // namespace seedance::tracing
