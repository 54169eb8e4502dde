// Unary calls: request ids, retries, time limits, cancellation.
#include <gmock/gmock.h>

#include <future>
#include <regex>
#include <set>
#include <thread>

#include "client/cpp/request_id.h"
#include "tests/unit/client/fixture.h"

namespace seedance::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CallTest : public ClientTest {
 protected:
  // Lets the first `failures` creates of a group fail with `status`; keeps the request ids.
  void FailFirst(int failures, const grpc::Status& status) {
    gateway.create_group = [this, failures, status](const v1::CreateAssetGroupRequest& request, v1::AssetGroup& group) {
      ids.push_back(request.request_id());
      if (static_cast<int>(ids.size()) <= failures) return status;
      group.set_name("assetGroups/anyfast~g");
      return grpc::Status::OK;
    };
  }

  std::vector<std::string> ids;
};

TEST(RequestIdTest, IsARandomVersion4Uuid) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewRequestId();
    EXPECT_TRUE(std::regex_match(id, form)) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST_F(CallTest, CreateIsRepeatedWithTheSameRequestIdAfterUnavailable) {
  FailFirst(2, grpc::Status(grpc::StatusCode::UNAVAILABLE, "later"));
  ASSERT_TRUE(client->CreateAssetGroup({}).ok());
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0].size(), 36u);
  EXPECT_EQ(ids[1], ids[0]);
  EXPECT_EQ(ids[2], ids[0]);
  EXPECT_THAT(waits, ElementsAre(absl::Milliseconds(200), absl::Milliseconds(400)));
}

TEST_F(CallTest, CallThatAStoppingServerDroppedIsRepeatedWithTheSameRequestId) {
  FailFirst(1, grpc::Status(grpc::StatusCode::CANCELLED, ""));
  ASSERT_TRUE(client->CreateAssetGroup({}).ok());
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[1], ids[0]);
}

TEST_F(CallTest, CancelledByTheGatewayItselfIsNotRepeated) {
  ErrorDetails details;
  details.reason = "CANCELLED";
  FailFirst(1, ErrorWith(grpc::StatusCode::CANCELLED, "the caller cancelled or disconnected", details));
  EXPECT_EQ(client->CreateAssetGroup({}).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(ids.size(), 1u);
}

TEST_F(CallTest, GivenRequestIdIsKept) {
  FailFirst(0, grpc::Status::OK);
  v1::CreateAssetGroupRequest request;
  request.set_request_id("8c1f6a52-3b1e-4a51-9d0f-0d1f6f0a7c11");
  ASSERT_TRUE(client->CreateAssetGroup(request).ok());
  EXPECT_THAT(ids, ElementsAre("8c1f6a52-3b1e-4a51-9d0f-0d1f6f0a7c11"));
}

TEST_F(CallTest, TwoCreatesHaveDifferentRequestIds) {
  FailFirst(0, grpc::Status::OK);
  ASSERT_TRUE(client->CreateAssetGroup({}).ok());
  ASSERT_TRUE(client->CreateAssetGroup({}).ok());
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(CallTest, DelayOfRetryInfoIsObeyed) {
  FailFirst(1, UnavailableFor(absl::Seconds(3)));
  ASSERT_TRUE(client->CreateAssetGroup({}).ok());
  EXPECT_THAT(waits, ElementsAre(absl::Milliseconds(3200)));
}

TEST_F(CallTest, ResourceExhaustedIsRepeatedOnlyWithRetryInfo) {
  ErrorDetails details;
  details.reason = "RATE_LIMITED";
  details.retry_delay = absl::Seconds(1);
  FailFirst(1, ErrorWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "slow down", details));
  EXPECT_TRUE(client->CreateAssetGroup({}).ok());

  ids.clear();
  details.retry_delay.reset();
  FailFirst(1, ErrorWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "no credits", details));
  EXPECT_EQ(client->CreateAssetGroup({}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ids.size(), 1u);
}

TEST_F(CallTest, OtherErrorsAreNotRepeated) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::UNKNOWN, grpc::StatusCode::INTERNAL, grpc::StatusCode::INVALID_ARGUMENT,
        grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::ALREADY_EXISTS, grpc::StatusCode::ABORTED,
        grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::UNAUTHENTICATED}) {
    ids.clear();
    FailFirst(1, grpc::Status(code, "no"));
    EXPECT_EQ(static_cast<int>(client->CreateAssetGroup({}).status().code()), static_cast<int>(code));
    EXPECT_EQ(ids.size(), 1u) << code;
  }
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(CallTest, GivesUpAfterFiveTries) {
  FailFirst(100, grpc::Status(grpc::StatusCode::UNAVAILABLE, "down"));
  const absl::Status status = client->CreateAssetGroup({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(status.message()), "down");
  EXPECT_EQ(ids.size(), 5u);
}

TEST_F(CallTest, DelayBeyondTheTimeLimitEndsTheCallAtOnce) {
  FailFirst(100, UnavailableFor(absl::Minutes(10)));
  CallOptions call;
  call.timeout = absl::Minutes(5);
  EXPECT_EQ(client->CreateAssetGroup({}, call).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(CallTest, DeleteIsRepeatedOnlyIfAMissingGroupIsFine) {
  int calls = 0;
  gateway.delete_group = [&](const v1::DeleteAssetGroupRequest&, google::protobuf::Empty&) {
    ++calls;
    return calls == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "later") : grpc::Status::OK;
  };
  v1::DeleteAssetGroupRequest request;
  EXPECT_EQ(client->DeleteAssetGroup(request).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
  calls = 0;
  request.set_allow_missing(true);
  EXPECT_TRUE(client->DeleteAssetGroup(request).ok());
  EXPECT_EQ(calls, 2);
}

TEST_F(CallTest, AReconciliationIsNeverRepeated) {
  int calls = 0;
  std::string id;
  gateway.reconcile_task = [&](const v1::ReconcileGenerationTaskRequest& request,
                               v1::ReconcileGenerationTaskResponse&) {
    ++calls;
    id = request.request_id();
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later");
  };
  EXPECT_EQ(client->ReconcileGenerationTask({}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(id.empty());
}

TEST_F(CallTest, DeleteOfATaskIsRepeatedOnlyIfAMissingOneIsFine) {
  int calls = 0;
  gateway.delete_task = [&](const v1::DeleteGenerationTaskRequest&, google::protobuf::Empty&) {
    ++calls;
    return calls == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "later") : grpc::Status::OK;
  };
  v1::DeleteGenerationTaskRequest request;
  EXPECT_EQ(client->DeleteGenerationTask(request).code(), absl::StatusCode::kUnavailable);
  calls = 0;
  request.set_allow_missing(true);
  EXPECT_TRUE(client->DeleteGenerationTask(request).ok());
  EXPECT_EQ(calls, 2);
}

TEST_F(CallTest, CancellerEndsACallThatWaits) {
  ClientOptions options = OptionsFor(gateway.endpoint());
  options.timing.wait = nullptr;  // The real wait: it must end by the cancellation, not by time.
  options.retry.initial = absl::Hours(1);
  options.retry.maximum = absl::Hours(1);
  Canceller canceller;
  std::promise<void> called;
  std::thread cancel([&] {
    called.get_future().wait();
    canceller.Cancel();
  });
  gateway.get_task = [&](const v1::GetGenerationTaskRequest&, v1::GenerationTask&) {
    called.set_value();
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later");
  };
  CallOptions call;
  call.canceller = &canceller;
  call.timeout = absl::Hours(10);
  const auto task = ClientFor(options)->GetGenerationTask("generationTasks/x", call);
  cancel.join();
  EXPECT_EQ(task.status().code(), absl::StatusCode::kCancelled);
}

// The jitter is drawn between the answer and the pause: there the cancellation comes.
TEST_F(CallTest, CancellationBetweenTheAnswerAndThePauseIsReportedAsCancelled) {
  Canceller canceller;
  ClientOptions options = OptionsFor(gateway.endpoint());
  options.timing.random = [&canceller] {
    canceller.Cancel();
    return 1.0;
  };
  gateway.get_task = [](const v1::GetGenerationTaskRequest&, v1::GenerationTask&) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "later");
  };
  CallOptions call;
  call.canceller = &canceller;
  const auto task = ClientFor(options)->GetGenerationTask("generationTasks/x", call);
  EXPECT_EQ(task.status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(waits, ::testing::IsEmpty());
}

TEST_F(CallTest, TokenIsSentAsBearer) {
  FailFirst(0, grpc::Status::OK);
  ClientOptions options = OptionsFor(gateway.endpoint());
  options.token = "secret";
  ASSERT_TRUE(ClientFor(options)->CreateAssetGroup({}).ok());
  EXPECT_EQ(gateway.authorization, "Bearer secret");
}

TEST_F(CallTest, MissingCaFileIsRefused) {
  ClientOptions options;
  options.tls = true;
  options.ca_file = "/nonexistent/ca.pem";
  EXPECT_EQ(Client::Create(options).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(CallTest, ACertificateWithoutItsKeyIsRefused) {
  ClientOptions options;
  options.tls = true;
  options.certificate_file = "/nonexistent/own.pem";
  const absl::Status refused = Client::Create(options).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(), "a certificate file and a private key file go together");
  options.private_key_file = "/nonexistent/own.key";
  EXPECT_EQ(Client::Create(options).status().message(), "cannot read certificate file /nonexistent/own.pem");
}

TEST(RetryPolicyTest, JitterGrowsToTheMaximum) {
  RetryPolicy policy;
  policy.initial = absl::Seconds(1);
  policy.maximum = absl::Seconds(5);
  EXPECT_EQ(policy.Jitter(0, 0.5), absl::Milliseconds(500));
  EXPECT_EQ(policy.Jitter(2, 0.5), absl::Seconds(2));
  EXPECT_EQ(policy.Jitter(1000, 0.5), absl::Milliseconds(2500));
  EXPECT_EQ(policy.Jitter(3, 0.0), absl::ZeroDuration());
}

TEST(RetryPolicyTest, StreamErrorsThatTheGatewayDidNotMakeAreRepeated) {
  const RetryPolicy policy;
  ErrorDetails details;
  details.reason = "INTERNAL";
  EXPECT_TRUE(StreamRetryDelay(policy, grpc::Status(grpc::StatusCode::INTERNAL, "RST_STREAM"), 0, 0.5).has_value());
  EXPECT_FALSE(StreamRetryDelay(policy, ErrorWith(grpc::StatusCode::INTERNAL, "defect", details), 0, 0.5).has_value());
  EXPECT_FALSE(StreamRetryDelay(policy, grpc::Status(grpc::StatusCode::NOT_FOUND, "gone"), 0, 0.5).has_value());
}

}  // namespace
}  // namespace seedance::client
