// Traces as a collector gets them: one follows a task from its creation to its end, watches and downloads are linked.
#include <gmock/gmock.h>
#include <httplib.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "seedance/gateway/otlp/v1/trace.pb.h"
#include "service/base/mutex.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

namespace otlp = gateway::otlp::v1;

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Takes spans as an OpenTelemetry collector does, on a port of 127.0.0.1.
class Collector {
 public:
  Collector() {
    server_.Post("/v1/traces", [this](const httplib::Request& request, httplib::Response& response) {
      otlp::ExportTraceRequest batch;
      if (!batch.ParseFromString(request.body)) {
        response.status = 400;
        return;
      }
      base::MutexLock lock(mutex_);
      authorization_ = request.get_header_value("authorization");
      for (const otlp::Span& span : batch.resource_spans(0).scope_spans(0).spans()) spans_.push_back(span);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    EXPECT_TRUE(Eventually([this] { return server_.is_running(); }));
  }
  ~Collector() {
    server_.stop();
    thread_.join();
  }

  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }
  std::string authorization() {
    base::MutexLock lock(mutex_);
    return authorization_;
  }
  // By trace id in hexadecimal digits; empty: all.
  std::vector<otlp::Span> Spans(const std::string& trace = "") {
    base::MutexLock lock(mutex_);
    std::vector<otlp::Span> found;
    for (const otlp::Span& span : spans_) {
      if (trace.empty() || absl::BytesToHexString(span.trace_id()) == trace) found.push_back(span);
    }
    return found;
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  base::Mutex mutex_;
  std::string authorization_ ABSL_GUARDED_BY(mutex_);
  std::vector<otlp::Span> spans_ ABSL_GUARDED_BY(mutex_);
};

std::vector<std::string> NamesOf(const std::vector<otlp::Span>& spans) {
  std::vector<std::string> names;
  for (const otlp::Span& span : spans) names.push_back(span.name());
  return names;
}

// The trace as a person reads it: each span below its parent, with its begin after the first one's and its length.
std::string Tree(const std::vector<otlp::Span>& spans, const std::string& parent, uint64_t zero, int depth = 0) {
  std::string text;
  for (const otlp::Span& span : spans) {
    if (span.parent_span_id() != parent) continue;
    absl::StrAppendFormat(&text, "%9.1f ms %8.1f ms  %*s%s%s\n",
                          static_cast<double>(span.start_time_unix_nano() - zero) / 1e6,
                          static_cast<double>(span.end_time_unix_nano() - span.start_time_unix_nano()) / 1e6, 2 * depth,
                          "", span.name(), span.links_size() > 0 ? "  (linked)" : "");
    text += Tree(spans, span.span_id(), zero, depth + 1);
  }
  return text;
}

class TracingTest : public E2eTest {
 protected:
  void Start(const std::string& ratio) {
    StartSandbox(Pace::kFast);
    testing::GatewayOptions options;
    options.env["TRACE_KEY"] = "Bearer collector";
    options.env["SEEDANCE__TRACING"] = absl::StrCat("{otlp_endpoint: '", collector_.url(),
                                                    "', authorization: {env: TRACE_KEY}, sample_ratio: ", ratio, "}");
    StartGateway(options);
  }

  Collector collector_;
};

TEST_F(TracingTest, OneTraceFollowsATaskFromItsCreationToItsDownload) {
  Start("0");
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  grpc::ClientContext context;
  context.AddMetadata("traceparent", absl::StrCat("00-", trace, "-00f067aa0ba902b7-01"));
  auto stub =
      v1::GenerationTaskService::NewStub(grpc::CreateChannel(gateway().address(), grpc::InsecureChannelCredentials()));
  v1::CreateGenerationTaskRequest request;
  *request.mutable_generation_task() = TaskOf("a cat in the rain");
  request.set_request_id(NextRequestId());
  v1::GenerationTask task;
  ASSERT_TRUE(stub->CreateGenerationTask(&context, request, &task).ok());

  const std::string other = "0af7651916cd43dd8448eb211c80319c";
  grpc::ClientContext watching;
  watching.AddMetadata("traceparent", absl::StrCat("00-", other, "-b7ad6b7169203331-01"));
  v1::WatchGenerationTaskRequest watch;
  watch.set_name(task.name());
  auto stream = stub->WatchGenerationTask(&watching, watch);
  for (v1::WatchGenerationTaskResponse message; stream->Read(&message);) {
  }
  ASSERT_TRUE(stream->Finish().ok());
  grpc::ClientContext downloading;
  downloading.AddMetadata("traceparent", absl::StrCat("00-", other, "-b7ad6b7169203331-01"));
  v1::DownloadGenerationResultRequest download;
  download.set_name(task.name());
  auto bytes = stub->DownloadGenerationResult(&downloading, download);
  for (v1::DownloadGenerationResultResponse message; bytes->Read(&message);) {
  }
  ASSERT_TRUE(bytes->Finish().ok());

  ASSERT_TRUE(Eventually([&] {
    const std::vector<std::string> names = NamesOf(collector_.Spans(other));
    return std::count(names.begin(), names.end(), "DownloadGenerationResult") == 1 &&
           std::count(names.begin(), names.end(), "WatchGenerationTask") == 1;
  }));
  const std::vector<otlp::Span> spans = collector_.Spans(trace);
  EXPECT_THAT(NamesOf(spans),
              AllOf(Contains("CreateGenerationTask"), Contains("store task"), Contains("vendor create_task"),
                    Contains("vendor get_task"), Contains("watch"), Contains("download")));
  EXPECT_THAT(NamesOf(collector_.Spans(other)),
              AllOf(Contains("watch"), Contains("download"), Contains("vendor fetch_result")));
  uint64_t first = UINT64_MAX;
  for (const otlp::Span& span : spans) {
    first = std::min(first, span.start_time_unix_nano());
    EXPECT_LE(span.start_time_unix_nano(), span.end_time_unix_nano()) << span.name();
    if (span.name() == "watch" || span.name() == "download") {
      EXPECT_EQ(absl::BytesToHexString(span.links(0).trace_id()), other);
    }
  }
  const std::string tree = Tree(spans, absl::HexStringToBytes("00f067aa0ba902b7"), first);
  std::cout << "trace " << trace << "\n" << tree;
  EXPECT_EQ(std::count(tree.begin(), tree.end(), '\n'), static_cast<int64_t>(spans.size())) << "all have their parent";
  EXPECT_EQ(collector_.authorization(), "Bearer collector");

  const std::string log = gateway().Log();
  EXPECT_THAT(log, HasSubstr("\"to\":\"SUCCEEDED\""));
  size_t lines = 0;
  for (size_t at = log.find("\"event\":\"task_state\""); at != std::string::npos;
       at = log.find("\"event\":\"task_state\"", at + 1)) {
    ++lines;
    EXPECT_THAT(log.substr(at, log.find('\n', at) - at), HasSubstr(absl::StrCat("\"trace_id\":\"", trace, "\"")));
  }
  EXPECT_GE(lines, 3u);
  EXPECT_THAT(log, HasSubstr("\"event\":\"vendor_request\""));
  EXPECT_THAT(log, Not(HasSubstr("a cat in the rain")));
}

TEST_F(TracingTest, TracesThatBeginHereAreSampledByTheRatio) {
  Start("1");
  (void)NewGroup();
  ASSERT_TRUE(Eventually([&] {
    const std::vector<std::string> names = NamesOf(collector_.Spans());
    return std::count(names.begin(), names.end(), "CreateAssetGroup") == 1 &&
           std::count(names.begin(), names.end(), "vendor create_group") == 1 &&
           std::count(names.begin(), names.end(), "journal CreateAssetGroup") == 1;
  })) << absl::StrJoin(NamesOf(collector_.Spans()), ", ");
}

}  // namespace
}  // namespace seedance::e2e
