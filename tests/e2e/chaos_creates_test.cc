// Creates while the vendor's answers get lost, both networks break, and the gateway dies: no bill comes twice, and each
// is accounted for.
//
//                    short   long
//   creates            120   1000     tasks, groups and assets mixed
//   kill -9              4     50     spread over the run
//   replies dropped   30 %   30 %     after the vendor has billed
//
//   tests/e2e/chaos creates            the long form
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/chaos_fixture.h"

namespace seedance::e2e {
namespace {

enum class Kind { kTask, kGroup, kAsset };

struct Create : Outcome {
  Kind kind = Kind::kTask;
  std::string request_id;
  int tries = 0;
};

class ChaosCreatesTest : public ChaosTest {
 protected:
  // The texts of a request make its bill known: its request id is the prompt or the display name.
  void Try(Api& client, Create& create) {
    ++create.tries;
    switch (create.kind) {
      case Kind::kTask:
        return Judge(client.CreateTask(TaskOf(create.request_id), create.request_id), create);
      case Kind::kGroup:
        return Judge(client.CreateGroup(create.request_id, create.request_id), create);
      case Kind::kAsset:
        break;
    }
    v1::CreateAssetRequest request;
    request.mutable_asset()->set_asset_group(group_);
    request.mutable_asset()->set_display_name(create.request_id);
    request.set_inline_data(picture_);
    request.set_request_id(create.request_id);
    Judge(client.CreateAsset(request), create);
  }

  void DrawCreates(size_t count) {
    creates_.resize(count);
    for (Create& create : creates_) {
      const double draw = Unit();
      create.kind = draw < 0.7 ? Kind::kTask : draw < 0.85 ? Kind::kGroup : Kind::kAsset;
      create.request_id = NextRequestId();
    }
  }

  void BeginBadTimes() {
    for (const char* path : {"/v1/video/generations", "/volc/asset/Create"}) {
      testing::SandboxFault fault;
      fault.kind = "drop_reply";
      fault.method = "POST";
      fault.path = path;
      fault.times = 0;
      fault.probability = 0.3;
      AddFault(fault);
    }
    testing::GateWeather weather;
    weather.refuse = 0.02;
    weather.cut = weather.reset = 0.01;
    weather.slice = weather.delay = 0.05;
    vendor_gate().SetWeather(weather);
    client_gate().SetWeather(weather);
  }

  // Callers that repeat each create, with the same request id, until they know.
  void CreateAllAndKill(int callers, size_t kills) {
    std::atomic<size_t> next{0};
    std::atomic<size_t> settled{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < callers; ++i) {
      threads.emplace_back([&] {
        const auto client = GatedApi();
        for (size_t at; (at = next++) < creates_.size(); ++settled) {
          Create& create = creates_[at];
          if (!Eventually([&] { return Try(*client, create), create.fate != Fate::kOpen; }, absl::Minutes(2))) {
            create.problem = "no final answer";
          }
        }
      });
    }
    std::vector<size_t> moments(kills);
    for (size_t& moment : moments) moment = random()() % (creates_.size() * 95 / 100);
    std::sort(moments.begin(), moments.end());
    for (const size_t moment : moments) {
      ASSERT_TRUE(Eventually([&] { return settled >= moment; }, absl::Minutes(5)));
      Pause(absl::Milliseconds(30));
      BounceGateway(SIGKILL);
    }
  }

  void EndBadTimes() {
    Must(sandbox().ClearFaults());
    vendor_gate().SetWeather({});
    client_gate().SetWeather({});
  }

  // What the vendor bills is known when nothing is on its way any more.
  void AwaitTasks() {
    for (const Create& create : creates_) {
      if (create.fate != Fate::kBound || create.kind != Kind::kTask) continue;
      EXPECT_TRUE(Eventually([&] { return IsSettled(Must(api().GetTask(create.name))); }, absl::Minutes(2)));
    }
  }

  // A create whose resource the vendor billed as `vendor_id`, or that is in doubt.
  void ExpectAccounted(Create& create, const std::vector<std::string>& vendor_ids) {
    SCOPED_TRACE(absl::StrCat(create.request_id, " ", create.name, " ", create.problem, ", ", create.tries, " tries"));
    EXPECT_LE(vendor_ids.size(), 1u) << "billed twice";
    // What it was once bound to it stays bound to; a doubt may have been settled meanwhile.
    const std::string name = create.name;
    const Fate before = create.fate;
    create.fate = Fate::kOpen;
    EXPECT_TRUE(Eventually([&] { return Try(api(), create), create.fate != Fate::kOpen; })) << create.problem;
    if (before == Fate::kBound) {
      EXPECT_EQ(create.fate, Fate::kBound);
      EXPECT_EQ(create.name, name);
    }
    if (create.fate == Fate::kBound && create.kind == Kind::kTask) return ExpectTaskAccounted(create, vendor_ids);
    if (create.fate == Fate::kBound) {
      ASSERT_EQ(vendor_ids.size(), 1u) << "bound, but the vendor knows nothing of it";
      EXPECT_TRUE(absl::EndsWith(create.name, absl::StrCat("~", vendor_ids[0]))) << vendor_ids[0];
    } else {
      EXPECT_EQ(create.fate, Fate::kInDoubt);
    }
  }

  void ExpectTaskAccounted(Create& create, const std::vector<std::string>& vendor_ids) {
    v1::GenerationTask task;
    EXPECT_TRUE(Eventually([&] {
      task = Must(api().GetTask(create.name));
      return IsSettled(task);
    })) << task.ShortDebugString();
    if (task.upstream_task_id().empty()) {
      EXPECT_EQ(task.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN) << task.ShortDebugString();
      create.fate = Fate::kInDoubt;
    } else {
      EXPECT_EQ(task.state(), State::STATE_SUCCEEDED) << task.ShortDebugString();
      ASSERT_EQ(vendor_ids.size(), 1u) << "bound, but the vendor knows nothing of it";
      EXPECT_EQ(task.upstream_task_id(), vendor_ids[0]);
    }
  }

  std::string group_;
  std::string picture_ = Media("hero.png");
  std::vector<Create> creates_;
};

TEST_F(ChaosCreatesTest, NoBillTwiceAndNoneUnaccountedFor) {
  StartSandbox(Pace::kFast);
  testing::GatewayOptions options;
  options.log_level = "info";
  options.server = {"create_wait: 0.2s"};
  options.poll_interval_queued = options.poll_interval_running = absl::Seconds(0.5);
  StartBehindGates(options);
  group_ = NewGroup("of all assets");
  DrawCreates(InForm(120, 1000));

  BeginBadTimes();
  CreateAllAndKill(8, InForm(4, 50));
  EndBadTimes();
  AwaitTasks();

  std::map<std::string, std::vector<std::string>> bills = BillsByText();
  EXPECT_EQ(bills["of all assets"].size(), 1u);
  bills.erase("of all assets");
  std::map<Fate, int> fates;
  int billed_doubts = 0;
  size_t billed = 0;
  for (Create& create : creates_) {
    const auto found = bills.find(create.request_id);
    const std::vector<std::string> ids = found == bills.end() ? std::vector<std::string>() : found->second;
    ExpectAccounted(create, ids);
    ++fates[create.fate];
    billed += ids.size();
    billed_doubts += create.fate == Fate::kInDoubt && !ids.empty() ? 1 : 0;
    if (found != bills.end()) bills.erase(found);
  }
  EXPECT_THAT(bills, ::testing::IsEmpty()) << "bills that no request id explains";
  // Asking again has sent nothing.
  EXPECT_EQ(AllBills(), static_cast<int64_t>(billed) + 1);
  EXPECT_EQ(fates[Fate::kBound] + fates[Fate::kInDoubt], static_cast<int>(creates_.size()));
  std::cout << creates_.size() << " creates: " << billed << " billed, " << fates[Fate::kBound] << " bound, "
            << fates[Fate::kInDoubt] << " in doubt, " << billed_doubts << " of these billed\n";
}

}  // namespace
}  // namespace seedance::e2e
