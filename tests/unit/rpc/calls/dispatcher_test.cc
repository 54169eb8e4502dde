#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "service/base/metrics.h"
#include "service/base/sha256.h"
#include "service/rpc/calls/unary_call.h"
#include "tests/testing/eventually.h"
#include "tests/testing/raw_http2.h"
#include "tests/unit/rpc/gateway_fixture.h"
#include "tests/unit/rpc/raw_call.h"

// What every RPC goes through before its method: token, limits, one well-formed message in time.
namespace seedance::rpc {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;
using testing::RawHttp2;

constexpr char kGet[] = "/seedance.gateway.v1.GenerationTaskService/GetGenerationTask";
constexpr char kList[] = "/seedance.gateway.v1.GenerationTaskService/ListGenerationTasks";
constexpr char kCreateGroup[] = "/seedance.gateway.v1.AssetGroupService/CreateAssetGroup";
constexpr char kUpload[] = "/seedance.gateway.v1.AssetService/UploadAsset";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kHealthWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kReflection[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr char kNoUtf8[] = "\x0a\x02\xff\xfe";  // Field 1, a string of two bytes that are no UTF-8.

std::vector<std::string> OwnMethods() {
  std::vector<std::string> paths;
  for (const auto* file : {v1::AssetGroup::descriptor()->file(), v1::Asset::descriptor()->file(),
                           v1::GenerationTask::descriptor()->file()}) {
    const auto& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      paths.push_back("/" + service.full_name() + "/" + service.method(i)->name());
    }
  }
  return paths;
}

grpc::Status Send(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                  const std::vector<std::string>& messages, const std::string& token = "") {
  RawCall call(channel, path, token);
  for (const std::string& message : messages) (void)call.Write(message);
  (void)call.WritesDone();
  return call.End();
}

TEST_F(GatewayTest, BytesThatAreNoRequestAreInvalidInEveryMethod) {
  Start();
  for (const std::string& path : OwnMethods()) {
    const grpc::Status status = Send(channel_, path, {"\xff\xff\xff"});
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << path << ": " << status.error_message();
    EXPECT_EQ(DetailOf(status).reason, base::Reason::kInvalidInput) << path;
    EXPECT_NE(status.error_message(), "") << path;
  }
}

TEST_F(GatewayTest, AStringThatIsNoUtf8IsInvalid) {
  Start();
  const grpc::Status status = Send(channel_, kGet, {kNoUtf8});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_EQ(DetailOf(status).reason, base::Reason::kInvalidInput);
}

TEST_F(GatewayTest, NoMessageIsInvalidInEveryMethod) {
  Start();
  for (const std::string& path : OwnMethods()) {
    const grpc::Status status = Send(channel_, path, {});
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << path << ": " << status.error_message();
  }
}

TEST_F(GatewayTest, ASecondMessageIsInvalidAndNothingIsDone) {
  Start();
  v1::CreateAssetGroupRequest request;
  request.mutable_asset_group()->set_display_name("group");
  const std::string bytes = request.SerializeAsString();
  const grpc::Status status = Send(channel_, kCreateGroup, {bytes, bytes});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  grpc::ClientContext context;
  v1::ListAssetGroupsResponse list;
  ASSERT_TRUE(groups_->ListAssetGroups(&context, {}, &list).ok());
  EXPECT_EQ(list.asset_groups_size(), 0);
}

TEST_F(GatewayTest, UnknownMethodsAreUnimplementedInWords) {
  Start();
  const grpc::Status status = Send(channel_, "/seedance.gateway.v1.AssetService/Nothing", {""});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(status.error_message(), "unknown method /seedance.gateway.v1.AssetService/Nothing");
}

TEST_F(GatewayTest, TheTokenIsJudgedBeforeAnyMessageIsSent) {
  rpc_options_.tokens = {{base::Sha256Hex("one"), "a"}};
  Start();
  std::vector<std::string> paths = OwnMethods();
  paths.push_back(kReflection);
  for (const std::string& path : paths) {
    RawCall call(channel_, path);
    const grpc::Status status = call.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << path << ": " << status.error_message();
    EXPECT_EQ(DetailOf(status).reason, base::Reason::kUnauthenticated) << path;
  }
  EXPECT_TRUE(Send(channel_, kHealthCheck, {""}).ok());
  EXPECT_TRUE(Send(channel_, kList, {""}, "one").ok());
}

TEST_F(GatewayTest, AMessageThatDoesNotArriveEndsItsCall) {
  rpc_options_.receive_timeout = absl::Milliseconds(100);
  Start();
  for (const char* path : {kGet, kUpload, kHealthCheck, kHealthWatch, kReflection}) {
    RawCall call(channel_, path);
    const grpc::Status status = call.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << path << ": " << status.error_message();
  }
}

TEST_F(GatewayTest, AHealthCheckWithoutItsMessageIsNotWaitedForLong) {
  rpc_options_.receive_timeout = absl::Minutes(10);
  Start();
  RawCall call(channel_, kHealthCheck);
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GatewayTest, ChecksThatNeverSendTheirMessageDoNotKeepOthersOut) {
  base::SimulatedClock clock(base::RealClock().Now());
  base::Metrics metrics;
  rpc_clock_ = &clock;
  rpc_options_.limits.max_health_calls = 100;
  rpc_options_.limits.metrics = &metrics;
  Start();
  const auto pushed_out = [&](int count) {
    return absl::StrContains(metrics.Scrape(), absl::StrCat("{limit=\"receiving\"} ", count, "\n"));
  };
  std::vector<std::unique_ptr<RawHttp2>> peers;
  for (int i = 0; i < 12; ++i) {
    peers.push_back(std::make_unique<RawHttp2>(address_));
    ASSERT_TRUE(peers.back()->OpenMany(kHealthCheck, 10));
  }
  // One address has 6 places and all of the 25 to wait in.
  ASSERT_TRUE(Eventually([&] { return pushed_out(120 - 6 - 25) && rpc_context_->limits().open() == 6 + 25; }));
  clock.Advance(absl::Milliseconds(600));
  RawCall check(channel_, kHealthCheck);
  ASSERT_TRUE(check.Write(""));
  ASSERT_TRUE(check.WritesDone());
  ASSERT_TRUE(Eventually([&] { return pushed_out(120 - 6 - 25 + 1); }));
  clock.Advance(absl::Milliseconds(900));  // The time of the others is over.
  const grpc::Status status = check.End();
  EXPECT_TRUE(status.ok()) << status.error_message();
  Stop();  // Uses `clock` no more.
}

TEST_F(GatewayTest, AReactionThatThrowsEndsItsCallOnly) {
  Method throwing;
  throwing.traits.name = "Throw";
  throwing.start = [](RpcStream&, std::unique_ptr<Call>, const grpc::ByteBuffer&) { throw std::bad_alloc(); };
  methods_.Add("test.Throws", throwing);
  Start();
  for (int i = 0; i < 100; ++i) {  // More than the server asks gRPC for at a time.
    const grpc::Status status = Send(channel_, "/test.Throws/Throw", {""});
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    EXPECT_EQ(DetailOf(status).quota_subject, "gateway:memory");
  }
  EXPECT_TRUE(Send(channel_, kList, {""}).ok());
  EXPECT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0 && rpc_context_->inflight().count() == 0; }));
}

TEST_F(GatewayTest, AnAnswerThatCannotBeMadeEndsItsCallOnly) {
  using Throwing = UnaryCall<v1::AssetGroup>;
  const auto answer = [](const Throwing::Pointer& rpc) {
    rpc->Succeed([](v1::AssetGroup&, Call&) -> absl::Status { throw std::bad_alloc(); });
    return absl::OkStatus();
  };
  Method throwing;
  throwing.traits.name = "Throw";
  throwing.start = [&](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer&) {
    Throwing::Start(stream, std::move(call), answer);
  };
  methods_.Add("test.Throws", throwing);
  // As the engine does it: on a thread that nothing of the call guards.
  throwing.traits.name = "ThrowLater";
  throwing.start = [](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer&) {
    Throwing::Start(stream, std::move(call), [](const Throwing::Pointer& rpc) {
      std::thread([done = rpc->Then<int>(
                       [](int, v1::AssetGroup&, Call&) { throw std::runtime_error("defect"); })]() mutable {
        done(0);
      }).join();
      return absl::OkStatus();
    });
  };
  methods_.Add("test.Throws", throwing);
  Start();
  const grpc::Status status = Send(channel_, "/test.Throws/Throw", {""});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(DetailOf(status).quota_subject, "gateway:memory");
  EXPECT_EQ(Send(channel_, "/test.Throws/ThrowLater", {""}).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0 && rpc_context_->inflight().count() == 0; }));
}

TEST_F(GatewayTest, AnAnswerAfterAReactionThatThrewUsesNoStream) {
  using Throwing = UnaryCall<v1::AssetGroup>;
  engine::Done<int> done;
  std::atomic<bool> handled = false;
  const auto hand_on = [&](const Throwing::Pointer& rpc) {
    rpc->call().context().cancel->OnCancel([] { throw std::bad_alloc(); });
    done = rpc->Then<int>([](int, v1::AssetGroup&, Call&) {});
    handled = true;
    return absl::OkStatus();
  };
  Method throwing;
  throwing.traits.name = "Throw";
  throwing.start = [&](RpcStream& stream, std::unique_ptr<Call> call, const grpc::ByteBuffer&) {
    Throwing::Start(stream, std::move(call), hand_on);
  };
  methods_.Add("test.Throws", throwing);
  Start();
  {
    RawCall call(channel_, "/test.Throws/Throw");
    ASSERT_TRUE(call.Write("") && call.WritesDone());
    ASSERT_TRUE(Eventually([&] { return handled.load(); }));
  }  // Cancels it.
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0 && rpc_context_->inflight().count() == 0; }));
  done(0);
  EXPECT_TRUE(Send(channel_, kList, {""}).ok());
}

TEST_F(GatewayTest, TwoTokensAreNone) {
  rpc_options_.tokens = {{base::Sha256Hex("one"), "a"}};
  Start();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer one");
  context.AddMetadata("authorization", "Bearer one");
  v1::ListAssetGroupsResponse list;
  const grpc::Status status = groups_->ListAssetGroups(&context, {}, &list);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "metadata `authorization` was sent more than once");
}

TEST_F(GatewayTest, CallsOverATenantsLimitAreRefusedAndPlacesComeBack) {
  rpc_options_.limits.max_calls_per_tenant = 1;
  Start();
  {
    RawCall open(channel_, kGet);  // Its message is not sent.
    ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().calls() == 1; }));
    const grpc::Status status = Send(channel_, kList, {""});
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(DetailOf(status).quota_subject, "tenant:default");
    EXPECT_TRUE(DetailOf(status).retry_delay.has_value());
  }
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0; }));
  EXPECT_TRUE(Send(channel_, kList, {""}).ok());
}

TEST_F(GatewayTest, CallsOverTheServersLimitAreRefused) {
  rpc_options_.limits.max_calls = 1;
  Start();
  RawCall open(channel_, kGet);
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().calls() == 1; }));
  const grpc::Status status = Send(channel_, kList, {""});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailOf(status).quota_subject, "gateway:calls");
  EXPECT_TRUE(Send(channel_, kHealthCheck, {""}).ok());  // Probes go on.
}

TEST_F(GatewayTest, CallsThatWaitForTheirTurnToReceiveGetIt) {
  rpc_options_.max_receiving = 2;  // One for a tenant.
  Start();
  // Of two, one surely has the place when the third call comes, for two threads take calls in.
  std::vector<std::unique_ptr<RawCall>> slow;
  for (int i = 0; i < 2; ++i) slow.push_back(std::make_unique<RawCall>(channel_, kList));
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 2; }));
  RawCall waiting(channel_, kList);
  ASSERT_TRUE(waiting.Write(""));
  ASSERT_TRUE(waiting.WritesDone());
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 3; }));
  slow.clear();
  EXPECT_TRUE(waiting.End().ok());
}

TEST_F(GatewayTest, AnswersThatNobodyReadsAreLimitedAndGivenBack) {
  rpc_options_.limits.max_answer_bytes_per_tenant = 1;
  rpc_options_.answer_timeout = absl::Seconds(2);
  Start();
  const v1::GenerationTask task = MakeTask();
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().answer_bytes() == 0; }));
  v1::GetGenerationTaskRequest request;
  request.set_name(task.name());
  RawHttp2 peer(address_, /*initial_window=*/0);
  const uint32_t stream = peer.Open(kGet);
  ASSERT_TRUE(peer.Send(stream, RawHttp2::Message(request.SerializeAsString()), /*end=*/true));
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().answer_bytes() > 0; }));
  const grpc::Status status = Send(channel_, kList, {""});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailOf(status).quota_subject, "tenant:default");
  ASSERT_TRUE(
      Eventually([&] { return rpc_context_->limits().answer_bytes() == 0 && rpc_context_->limits().open() == 0; }));
  EXPECT_TRUE(Send(channel_, kList, {""}).ok());
}

TEST_F(GatewayTest, AStreamWhoseReaderTakesNothingEndsAndTheLogSaysWhy) {
  base::Metrics metrics;
  rpc_options_.limits.metrics = &metrics;
  rpc_options_.answer_timeout = absl::Milliseconds(200);
  Start();
  v1::WatchGenerationTaskRequest task;
  task.set_name(MakeTask().name());
  grpc::reflection::v1::ServerReflectionRequest services;
  services.set_list_services("");
  const std::vector<std::pair<std::string, std::string>> requests = {
      {"/seedance.gateway.v1.GenerationTaskService/WatchGenerationTask", task.SerializeAsString()},
      {"/seedance.gateway.v1.GenerationTaskService/WatchGenerationTasks", ""},
      {kReflection, services.SerializeAsString()},
      {kHealthWatch, ""}};
  int timeouts = 0;
  for (const auto& [path, request] : requests) {
    ::testing::internal::CaptureStderr();
    RawHttp2 peer(address_, /*initial_window=*/0);
    const uint32_t stream = peer.Open(path);
    const bool sent = peer.Send(stream, RawHttp2::Message(request), /*end=*/path != kReflection);
    const std::string counted = absl::StrCat("{limit=\"answer_timeout\"} ", ++timeouts, "\n");
    const bool ended = sent && Eventually([&] { return absl::StrContains(metrics.Scrape(), counted); }) &&
                       Eventually([&] { return rpc_context_->limits().open() == 0; });
    const std::string log = CapturedLog();
    ASSERT_TRUE(ended) << path;
    EXPECT_THAT(log, HasSubstr(R"("code":"DEADLINE_EXCEEDED")")) << path;
    EXPECT_THAT(log, HasSubstr(R"("limit":"answer_timeout")")) << path;
  }
  EXPECT_EQ(rpc_context_->streams().size(), 0u);
  EXPECT_EQ(rpc_context_->limits().answer_bytes(), 0u);
  Stop();
}

TEST_F(GatewayTest, AMessageThatSlowStreamsShareCountsOnce) {
  rpc_options_.call_threads = 1;
  Start();
  v1::WatchGenerationTaskRequest request;
  request.set_name(MakeTask().name());
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0; }));
  std::vector<std::unique_ptr<RawHttp2>> peers;
  size_t of_one = 0;
  for (size_t i = 1; i <= 5; ++i) {
    peers.push_back(std::make_unique<RawHttp2>(address_, /*initial_window=*/0));
    const uint32_t stream = peers.back()->Open("/seedance.gateway.v1.GenerationTaskService/WatchGenerationTask");
    ASSERT_TRUE(peers.back()->Send(stream, RawHttp2::Message(request.SerializeAsString()), /*end=*/true));
    ASSERT_TRUE(
        Eventually([&] { return rpc_context_->streams().size() == i && rpc_context_->limits().answer_bytes() > 0; }));
    // The thread that opens it is free again: the message is being written.
    std::promise<void> opened;
    rpc_context_->calls().Run(
        "default", [&] { opened.set_value(); }, [](const absl::Status&) {});
    opened.get_future().wait();
    if (i == 1) of_one = rpc_context_->limits().answer_bytes();
  }
  EXPECT_EQ(rpc_context_->limits().answer_bytes(), of_one);
  peers.clear();
  ASSERT_TRUE(
      Eventually([&] { return rpc_context_->limits().answer_bytes() == 0 && rpc_context_->limits().open() == 0; }));
}

TEST_F(GatewayTest, WatchesWhoseMessageDoesNotComeAreLimited) {
  rpc_options_.limits.max_calls_per_tenant = 1;
  Start();
  constexpr char kWatch[] = "/seedance.gateway.v1.GenerationTaskService/WatchGenerationTasks";
  RawCall open(channel_, kWatch);
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().calls() == 1; }));
  EXPECT_EQ(DetailOf(Send(channel_, kWatch, {""})).quota_subject, "tenant:default");
  ASSERT_TRUE(open.Write(""));
  ASSERT_TRUE(open.WritesDone());
  std::string bytes;
  ASSERT_TRUE(open.Read(&bytes));
  EXPECT_TRUE(Send(channel_, kList, {""}).ok());  // The stream counts as a call no more.
}

// Twice as many end it: call_limits_test.cc.
TEST_F(GatewayTest, StreamsThatAPeerOpensBeforeItKnowsTheLimitAreRefused) {
  base::Metrics metrics;
  std::atomic<int> ended = 0;
  rpc_options_.limits.max_streams_per_connection = 10;
  rpc_options_.limits.metrics = &metrics;
  rpc_options_.limits.end_connection = [&](const std::string&) { ++ended; };
  Start();
  RawHttp2 peer(address_);
  ASSERT_TRUE(peer.OpenMany(kGet, 15));
  ASSERT_TRUE(
      Eventually([&] { return absl::StrContains(metrics.Scrape(), "{limit=\"streams_per_connection\"} 5\n"); }));
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 10; }));
  EXPECT_EQ(ended, 0);
  EXPECT_FALSE(peer.Ended());
  Stop();  // Uses `ended` no more.
}

TEST_F(GatewayTest, RefusalsThatNobodyReadsAreLimited) {
  rpc_options_.tokens = {{base::Sha256Hex("one"), "a"}};
  rpc_options_.limits.max_refusals = 0;
  rpc_options_.limits.max_dropped_refusals = 20;
  std::atomic<int> ended = 0;
  rpc_options_.limits.end_connection = [&](const std::string&) { ++ended; };
  Start();
  RawHttp2 peer(address_);
  ASSERT_TRUE(peer.OpenMany(kGet, 200));
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0 && ended >= 1; }));
  EXPECT_TRUE(Send(channel_, kList, {""}, "one").ok());
  Stop();
}

TEST_F(GatewayTest, HealthAnswersAndTellsOfAStop) {
  Start();
  RawCall watch(channel_, kHealthWatch);
  ASSERT_TRUE(watch.Write(""));
  ASSERT_TRUE(watch.WritesDone());
  std::string bytes;
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(watch.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  health_service_.Shutdown();
  ASSERT_TRUE(watch.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);

  grpc::health::v1::HealthCheckRequest request;
  request.set_service("seedance.gateway.v1.AssetService");
  EXPECT_TRUE(Send(channel_, kHealthCheck, {request.SerializeAsString()}).ok());
  request.set_service("nothing");
  EXPECT_EQ(Send(channel_, kHealthCheck, {request.SerializeAsString()}).error_code(), grpc::StatusCode::NOT_FOUND);
  RawCall unknown(channel_, kHealthWatch);
  ASSERT_TRUE(unknown.Write(request.SerializeAsString()));
  ASSERT_TRUE(unknown.WritesDone());
  ASSERT_TRUE(unknown.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_EQ(Send(channel_, kHealthCheck, {"\xff"}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GatewayTest, WatchesOfHealthAreLimited) {
  rpc_options_.limits.max_health_calls = 10;  // One for a connection.
  Start();
  RawCall watch(channel_, kHealthWatch);
  ASSERT_TRUE(watch.Write(""));
  ASSERT_TRUE(watch.WritesDone());
  std::string bytes;
  ASSERT_TRUE(watch.Read(&bytes));
  const grpc::Status status = Send(channel_, kHealthWatch, {""});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailOf(status).quota_subject, "gateway:health_calls");
  EXPECT_TRUE(Send(channel_, kHealthCheck, {""}).ok());
}

TEST_F(GatewayTest, ReflectionAnswersAndIsLimited) {
  rpc_options_.limits.max_reflection_streams = 4;  // One for a connection.
  Start();
  namespace reflection = grpc::reflection::v1;
  RawCall call(channel_, kReflection);
  reflection::ServerReflectionRequest request;
  reflection::ServerReflectionResponse response;
  std::string bytes;
  request.set_list_services("");
  ASSERT_TRUE(call.Write(request.SerializeAsString()) && call.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_EQ(response.list_services_response().service_size(), 8) << response.DebugString();
  request.set_file_containing_symbol("seedance.gateway.v1.AssetService");
  ASSERT_TRUE(call.Write(request.SerializeAsString()) && call.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_GE(response.file_descriptor_response().file_descriptor_proto_size(), 2);
  request.set_file_by_filename("nothing.proto");
  ASSERT_TRUE(call.Write(request.SerializeAsString()) && call.Read(&bytes) && response.ParseFromString(bytes));
  EXPECT_EQ(response.error_response().error_code(), grpc::StatusCode::NOT_FOUND);

  const grpc::Status second = Send(channel_, kReflection, {request.SerializeAsString()});
  EXPECT_EQ(second.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_TRUE(call.WritesDone());
  EXPECT_TRUE(call.End().ok());
  ASSERT_TRUE(Eventually([&] { return rpc_context_->limits().open() == 0; }));
  EXPECT_EQ(Send(channel_, kReflection, {"\xff"}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace seedance::rpc
