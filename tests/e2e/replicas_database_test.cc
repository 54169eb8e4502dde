// Three gateways whose way to their database breaks: slow, cut again and again, gone for a while.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/replica_set.h"
#include "tests/testing/tcp_gate.h"

namespace seedance::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

class ReplicasDatabaseTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast);
    const std::string address = testing::FreeAddress();
    const std::string port = address.substr(address.rfind(':') + 1);
    database_ = Must(testing::PostgresProcess::Create({"listen_addresses=127.0.0.1", absl::StrCat("port=", port)}));
    gate_ = Must(testing::TcpGate::Start(address));
    testing::GatewayOptions options;
    options.sandbox_url = sandbox().url();
    const std::string& gate = gate_->address();
    // The lease is the default, for a database this slow needs one.
    replicas_.Start(
        options, 3,
        absl::StrCat("host=127.0.0.1 port=", gate.substr(gate.rfind(':') + 1), " user=gateway dbname=postgres"),
        absl::Seconds(6));
    for (Replica& replica : replicas_) {
      ASSERT_TRUE(Eventually([&] { return CreatesAt(replica); }, kPatience)) << replica.process->Log();
    }
  }
  void TearDown() override {
    replicas_.ExpectClean();
    E2eTest::TearDown();
  }

  // A create under one request id until it is answered. Errors before are such that a caller tries again.
  bool CreatesAt(Replica& replica) {
    v1::CreateGenerationTaskRequest request;
    *request.mutable_generation_task() = TaskOf("a fox");
    request.set_request_id(NextRequestId());
    Answer<v1::GenerationTask> created;
    const bool answered = Eventually(
        [&] {
          created = replica.api->CreateTask(request);
          if (!created.ok()) {
            EXPECT_EQ(created.status.error_code(), grpc::StatusCode::UNAVAILABLE) << created.status.error_message();
            ++refused_;
          }
          return created.ok();
        },
        kPatience);
    if (answered) made_.push_back(created.value.name());
    return answered;
  }
  // Every task was sent once and ends well, as any gateway says.
  void ExpectOneBillEach() {
    for (size_t i = 0; i < made_.size(); ++i) {
      Replica& replica = replicas_[i % replicas_.size()];
      EXPECT_TRUE(Eventually(
          [&] {
            const auto task = replica.api->GetTask(made_[i]);
            return task.ok() && task.value.state() == State::STATE_SUCCEEDED;
          },
          kPatience))
          << made_[i];
    }
    EXPECT_EQ(AllBills(), static_cast<int64_t>(made_.size()));
  }

  std::unique_ptr<testing::PostgresProcess> database_;
  std::unique_ptr<testing::TcpGate> gate_;
  ReplicaSet replicas_;
  std::vector<std::string> made_;
  int refused_ = 0;
};

TEST_F(ReplicasDatabaseTest, ASlowDatabaseMakesThemSlowAndNothingElse) {
  testing::GateWeather slow;
  slow.delay = 1;
  // All writes of all gateways wait for each other, and each is some round trips: a slower one needs a longer lease.
  slow.longest_delay = absl::Milliseconds(30);
  gate_->SetWeather(slow);
  const int before = refused_;
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(CreatesAt(replicas_[static_cast<size_t>(i) % replicas_.size()]));
  EXPECT_LE(refused_, before + 3) << "their leases hold";
  ExpectOneBillEach();
}

TEST_F(ReplicasDatabaseTest, CutConnectionsLoseNothing) {
  testing::GateWeather cuts;
  cuts.cut = cuts.reset = 0.01;
  gate_->SetWeather(cuts);
  for (int i = 0; i < 30; ++i) {
    if (i % 10 == 9) gate_->ResetAll();
    EXPECT_TRUE(CreatesAt(replicas_[static_cast<size_t>(i) % replicas_.size()]));
  }
  EXPECT_GT(gate_->Stats().cuts + gate_->Stats().resets, 0);
  gate_->SetWeather({});
  ExpectOneBillEach();
}

TEST_F(ReplicasDatabaseTest, ADatabaseThatWasAwayForLongerThanTheLeaseIsComeBackTo) {
  gate_->Close();
  gate_->ResetAll();
  for (Replica& replica : replicas_) {
    const auto refused = replica.api->CreateTask(TaskOf("a fox"), NextRequestId());
    EXPECT_EQ(refused.error().reason, "STORE_UNAVAILABLE");
    EXPECT_GT(refused.error().retry_delay, absl::ZeroDuration()) << "it says when to try again";
  }
  const int64_t bills = AllBills();
  EXPECT_FALSE(Eventually([&] { return AllBills() > bills; }, absl::Seconds(8))) << "nothing is sent meanwhile";
  gate_->Open();
  for (Replica& replica : replicas_) EXPECT_TRUE(CreatesAt(replica));
  ExpectOneBillEach();
}

}  // namespace
}  // namespace seedance::e2e
