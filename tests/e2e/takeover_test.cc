// A standby waits for the store of another process and takes over as soon as that one is gone.
#include <httplib.h>
#include <signal.h>

#include <cstdio>
#include <string>

#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

class TakeoverTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    first_.listen = testing::FreeAddress();
    first_.admin_address = testing::FreeAddress();
    first_.admin = true;
    StartGateway(first_);
  }

  // A gateway that wants the store of the first.
  void StartStandby(testing::GatewayOptions options = {}) {
    options.sandbox_url = sandbox().url();
    if (options.listen.empty()) options.listen = testing::FreeAddress();
    options.admin = true;
    options.sqlite_path = gateway().sqlite_path();
    options.sqlite = {"wait_for_lock: 600s"};
    standby_ = Must(testing::GatewayProcess::StartWaiting(options));
    ASSERT_TRUE(Logs("store_waiting"));
  }

  bool Logs(const std::string& event) {
    return Eventually([&] { return standby_->Log().find(event) != std::string::npos; }, kPatience);
  }

  // `503 text`, or `none` when nobody answers.
  static std::string Ask(const std::string& address, const std::string& path) {
    const auto answer = httplib::Client("http://" + address).Get(path);
    if (answer == nullptr) return "none";
    return std::to_string(answer->status) + " " + answer->body.substr(0, answer->body.find('\n'));
  }

  testing::GatewayOptions first_;
  std::unique_ptr<testing::GatewayProcess> standby_;
};

TEST_F(TakeoverTest, AKilledGatewayIsReplacedAndItsTasksAreFollowed) {
  const std::string name = NewTask("survives");
  Advance(absl::Seconds(10));
  ASSERT_TRUE(WaitForState(name, State::STATE_RUNNING));
  StartStandby();
  EXPECT_TRUE(Eventually([&] { return Ask(standby_->admin_address(), "/readyz") == "503 waiting for the store"; }));
  EXPECT_EQ(Ask(standby_->admin_address(), "/livez"), "200 alive");
  EXPECT_FALSE(standby_->Listens());

  EXPECT_EQ(Must(gateway().Stop(SIGKILL)), 128 + SIGKILL);
  const absl::Time killed = absl::Now();
  const int64_t polls = Requests(kPollRoute);
  ASSERT_TRUE(Eventually([&] { return Requests(kPollRoute) > polls; }, kPatience));
  const absl::Time polled = absl::Now();
  Api api(standby_->address(), "");
  ASSERT_TRUE(Eventually([&] { return api.GetTask(name).ok(); }, kPatience));
  const absl::Time served = absl::Now();
  std::printf("from kill -9: first poll of the standby after %.0f ms, calls served after %.0f ms\n",
              absl::ToDoubleMilliseconds(polled - killed), absl::ToDoubleMilliseconds(served - killed));
  EXPECT_TRUE(Eventually([&] { return Ask(standby_->admin_address(), "/readyz") == "200 ready"; }));
  EXPECT_EQ(Must(api.GetTask(name)).state(), State::STATE_RUNNING);
  Advance(absl::Seconds(30));
  EXPECT_TRUE(Eventually([&] { return Must(api.GetTask(name)).state() == State::STATE_SUCCEEDED; }));
  EXPECT_EQ(Bills("CreateTask"), 1);
}

TEST_F(TakeoverTest, OnTheSameAddressesItTakesThemOverWithTheStore) {
  testing::GatewayOptions same;
  same.listen = first_.listen;
  same.admin_address = first_.admin_address;
  StartStandby(same);
  ASSERT_TRUE(Logs("admin_waiting"));
  EXPECT_EQ(Ask(first_.admin_address, "/readyz"), "200 ready") << "of the first";
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
  EXPECT_TRUE(Eventually([&] { return standby_->Listens(); }, kPatience)) << standby_->Log();
  EXPECT_TRUE(Eventually([&] { return Ask(first_.admin_address, "/readyz") == "200 ready"; }));
  EXPECT_TRUE(NewApi()->ListTasks({}).ok());
}

TEST_F(TakeoverTest, AStopEndsTheWaitWell) {
  StartStandby();
  EXPECT_EQ(Must(standby_->Stop(SIGTERM)), 0);
  EXPECT_TRUE(NewApi()->ListTasks({}).ok()) << "the first still serves";
}

TEST_F(TakeoverTest, WithoutPatienceASecondGatewayIsRefused) {
  testing::GatewayOptions options;
  options.sandbox_url = sandbox().url();
  options.sqlite_path = gateway().sqlite_path();
  const auto second = testing::GatewayProcess::Start(options);
  EXPECT_NE(std::string(second.status().message()).find("another gateway uses this database"), std::string::npos);
}

}  // namespace
}  // namespace seedance::e2e
