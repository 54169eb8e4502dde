#include <gmock/gmock.h>

#include "absl/time/clock.h"
#include "service/base/sha256.h"
#include "tests/sandbox/sandbox_fixture.h"

namespace seedance::sandbox {
namespace {

using ::testing::ElementsAre;

constexpr char kControlTasks[] = "/v1/video/generations";

class ControlApiTest : public SandboxFixture {
 protected:
  Json Requests() { return Control("GET", "/requests").json(); }
  // A few calls and everything that they produced.
  std::vector<std::string> PlayThrough() {
    const std::string group = MakeGroup();
    const std::string asset = MakeAsset(group, "hero");
    const std::string task = MakeTask("x");
    return {group, asset, task, TextOf(TaskData(task), "request_id")};
  }
};

TEST_F(ControlApiTest, HealthzAnswers) { EXPECT_EQ(Control("GET", "/healthz").json()["status"], "ok"); }

TEST_F(ControlApiTest, RequestsAreCountedByPatternAndListedWithoutBodies) {
  const Json body = TaskBody("a secret prompt");
  const std::string id = TextOf(Post(kControlTasks, body).json(), "id");
  for (int i = 0; i < 3; ++i) TaskData(id);
  Get("/nothing");
  const Json requests = Requests();
  EXPECT_EQ(requests["counts"]["POST /v1/video/generations"], 1);
  EXPECT_EQ(requests["counts"]["GET /v1/video/generations/{id}"], 3);
  EXPECT_EQ(requests["counts"]["GET (unknown)"], 1);
  const Json first = requests["recent"][0];
  EXPECT_EQ(first["method"], "POST");
  EXPECT_EQ(first["path"], kControlTasks);
  EXPECT_EQ(first["size"], Dump(body).size());
  EXPECT_EQ(first["sha256"], base::Sha256Hex(Dump(body)));
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(Dump(requests).find("secret prompt"), std::string::npos);
}

TEST_F(ControlApiTest, TheRecentListIsBounded) {
  for (int i = 0; i < 1010; ++i) Get("/nothing");
  const Json requests = Requests();
  EXPECT_EQ(requests["counts"]["GET (unknown)"], 1010);
  EXPECT_EQ(requests["recent"].size(), 1000u);
  EXPECT_EQ(requests["recent"][999]["seq"], 1010);
}

TEST_F(ControlApiTest, TheLedgerNumbersItsRowsAndNamesTheKey) {
  MakeGroup("a", "one");
  MakeGroup("b", "two");
  const Json bills = Ledger()["bills"];
  ASSERT_EQ(bills.size(), 2u);
  EXPECT_EQ(bills[0]["seq"], 1);
  EXPECT_EQ(bills[1]["seq"], 2);
  EXPECT_EQ(bills[1]["key"], "two");
  EXPECT_EQ(bills[1]["model"], "volc-asset");
  EXPECT_EQ(bills[1]["time"].get<double>() - bills[0]["time"].get<double>(), 2);
}

TEST_F(ControlApiTest, TasksShowTheirPolls) {
  const std::string id = MakeTask("x");
  TaskData(id);
  TaskData(id);
  const Json task = Control("GET", "/tasks").json()["tasks"][0];
  EXPECT_EQ(task["id"], id);
  EXPECT_EQ(task["polls"], 2);
  EXPECT_EQ(task["stage"], "not_started");
}

TEST_F(ControlApiTest, SameSeedAndCallsGiveTheSameIds) {
  const std::vector<std::string> first = PlayThrough();
  Restart(DefaultOptions());
  EXPECT_EQ(PlayThrough(), first);
  Options options = DefaultOptions();
  options.seed = 2;
  Restart(options);
  EXPECT_NE(PlayThrough(), first);
}

TEST_F(ControlApiTest, ResetForgetsEverything) {
  const std::vector<std::string> first = PlayThrough();
  EXPECT_EQ(Control("POST", "/reset").status, 200);
  EXPECT_EQ(Ledger()["bills"].size(), 0u);
  EXPECT_EQ(Requests()["counts"].size(), 0u);
  EXPECT_EQ(Control("GET", "/groups").json()["groups"].size(), 0u);
  EXPECT_EQ(PlayThrough(), first);
}

TEST_F(ControlApiTest, VirtualTimeRunsAtItsSpeed) {
  Options options = DefaultOptions();
  options.speed = 1000;
  Restart(options);
  const double begin = Control("GET", "/healthz").json()["time"];
  const absl::Time real = absl::Now();
  while (absl::Now() - real < absl::Milliseconds(20)) Control("GET", "/healthz");
  const double end = Control("GET", "/healthz").json()["time"];
  EXPECT_GE(end - begin, 20);
  EXPECT_EQ(Control("POST", "/advance", {{"seconds", -1}}).status, 400);
}

TEST_F(ControlApiTest, ASandboxCannotStartOnATakenPort) {
  Options options = DefaultOptions();
  options.listen = sandbox_->listen();
  EXPECT_EQ(Sandbox(options).Start().code(), absl::StatusCode::kUnavailable);
  options.listen = "nonsense";
  EXPECT_EQ(Sandbox(options).Start().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace seedance::sandbox
