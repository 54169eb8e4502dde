// Creates at three gateways that share a database, while the vendor's answers get lost, gateways die or freeze and the
// database restarts: no bill comes twice, each is accounted for, and every accepted task ends.
//
//                       short   long
//   creates                90   1000     tasks and groups mixed
//   kill -9                 3     30
//   SIGSTOP                 1     10     for longer than the lease
//   database restarts       1      5
//   replies dropped      30 %   30 %     after the vendor has billed
//
//   tests/e2e/chaos replicas           the long form
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/chaos_fixture.h"
#include "tests/e2e/replica_set.h"

namespace seedance::e2e {
namespace {

struct Create : Outcome {
  bool group = false;
  std::string request_id;  // The bill's text too.
};

class ChaosReplicasTest : public ChaosTest {
 protected:
  void StartReplicas() {
    StartSandbox(Pace::kFast);
    testing::GatewayOptions options;
    options.sandbox_url = sandbox().url();
    options.log_level = "info";
    options.server = {"create_wait: 0.2s"};
    options.poll_interval_queued = options.poll_interval_running = absl::Seconds(0.5);
    replicas_.Start(options);
  }
  void TearDown() override {
    replicas_.ExpectClean();
    ChaosTest::TearDown();
  }

  static void Try(Api& client, Create& create) {
    if (create.group) {
      Judge(client.CreateGroup(create.request_id, create.request_id), create);
    } else {
      Judge(client.CreateTask(TaskOf(create.request_id), create.request_id), create);
    }
  }

  // A caller goes from gateway to gateway, as behind one address.
  void CreateAll(std::atomic<size_t>& next, std::atomic<size_t>& settled, size_t at_first) {
    std::vector<std::unique_ptr<Api>> clients;
    for (Replica& replica : replicas_) clients.push_back(std::make_unique<Api>(replica.process->address(), ""));
    for (size_t at; (at = next++) < creates_.size(); ++settled) {
      Create& create = creates_[at];
      size_t turn = at_first + at;
      const auto settles = [&] {
        Try(*clients[turn++ % clients.size()], create);
        return create.fate != Fate::kOpen;
      };
      if (!Eventually(settles, absl::Minutes(2))) create.problem = "no final answer";
    }
  }

  enum class Blow { kKill, kFreeze, kDatabase };
  void Strike(Blow blow) {
    Replica& replica = replicas_[random()() % replicas_.size()];
    switch (blow) {
      case Blow::kKill:
        Must(replica.process->Stop(SIGKILL));
        return Must(replica.process->Restart());
      case Blow::kFreeze: {
        const pid_t pid = replica.process->process().pid();
        ASSERT_EQ(kill(pid, SIGSTOP), 0);
        EXPECT_FALSE(Eventually([] { return false; }, ReplicaSet::kLease + absl::Seconds(1)));
        ASSERT_EQ(kill(pid, SIGCONT), 0);
        return;
      }
      case Blow::kDatabase:
        testing::PostgresProcess::Shared().StopAtOnce();
        Pause(absl::Seconds(2));
        return Must(testing::PostgresProcess::Shared().Start());
    }
  }

  void CreateWhileTheyFall() {
    std::vector<Blow> blows(InForm<size_t>(3, 30), Blow::kKill);
    blows.insert(blows.end(), InForm<size_t>(1, 10), Blow::kFreeze);
    blows.insert(blows.end(), InForm<size_t>(1, 5), Blow::kDatabase);
    std::shuffle(blows.begin(), blows.end(), random());
    std::atomic<size_t> next = 0;
    std::atomic<size_t> settled = 0;
    std::vector<std::jthread> callers;
    for (size_t i = 0; i < 8; ++i) {
      callers.emplace_back([&, i] { CreateAll(next, settled, i); });
    }
    for (size_t i = 0; i < blows.size(); ++i) {
      const size_t moment = creates_.size() * 9 / 10 * i / blows.size();
      ASSERT_TRUE(Eventually([&] { return settled >= moment; }, absl::Minutes(5)));
      Pause(absl::Milliseconds(50));
      Strike(blows[i]);
    }
  }

  // Any of them, for it answers for all.
  Api& Any() { return *replicas_[random()() % replicas_.size()].api; }

  void ExpectAccounted(Create& create, const std::vector<std::string>& vendor_ids) {
    SCOPED_TRACE(absl::StrCat(create.request_id, " ", create.name, " ", create.problem));
    EXPECT_LE(vendor_ids.size(), 1u) << "billed twice";
    EXPECT_NE(create.fate, Fate::kOther);
    EXPECT_NE(create.fate, Fate::kOpen);
    // Asked again anywhere, it is what it was.
    const Create before = create;
    create.fate = Fate::kOpen;
    EXPECT_TRUE(Eventually([&] { return Try(Any(), create), create.fate != Fate::kOpen; }, absl::Minutes(1)));
    if (before.fate == Fate::kBound) {
      EXPECT_EQ(create.name, before.name);
    }
    if (create.fate != Fate::kBound) return;
    if (create.group) {
      ASSERT_EQ(vendor_ids.size(), 1u) << "bound, but the vendor knows nothing of it";
      EXPECT_TRUE(absl::EndsWith(create.name, absl::StrCat("~", vendor_ids[0])));
      return;
    }
    Answer<v1::GenerationTask> task;
    const auto settled = [&] {
      task = Any().GetTask(create.name);
      return task.ok() && IsSettled(task.value);
    };
    EXPECT_TRUE(Eventually(settled, absl::Minutes(1))) << task.value.ShortDebugString();
    if (task.value.upstream_task_id().empty()) {
      EXPECT_EQ(task.value.error().reason(), v1::ERROR_REASON_OUTCOME_UNKNOWN) << task.value.ShortDebugString();
      create.fate = Fate::kInDoubt;
      return;
    }
    EXPECT_EQ(task.value.state(), State::STATE_SUCCEEDED) << task.value.ShortDebugString();
    EXPECT_EQ(vendor_ids, std::vector<std::string>{task.value.upstream_task_id()});
  }

  ReplicaSet replicas_;
  std::vector<Create> creates_;
};

TEST_F(ChaosReplicasTest, NoBillTwiceAndNoneUnaccountedForAtThreeGateways) {
  StartReplicas();
  creates_.resize(InForm<size_t>(90, 1000));
  for (Create& create : creates_) {
    create.group = Unit() < 0.2;
    create.request_id = NextRequestId();
  }
  for (const char* path : {"/v1/video/generations", "/volc/asset/Create"}) {
    AddFault({.kind = "drop_reply", .method = "POST", .path = path, .times = 0, .probability = 0.3});
  }
  CreateWhileTheyFall();
  const std::vector<testing::SandboxRequest> requests = Must(sandbox().Requests()).recent;
  const auto dropped = std::count_if(requests.begin(), requests.end(),
                                     [](const testing::SandboxRequest& request) { return !request.fault.empty(); });
  EXPECT_GE(dropped, 10);
  Must(sandbox().ClearFaults());
  // What the vendor bills is known when nothing is on its way any more.
  for (const Create& create : creates_) {
    if (create.fate != Fate::kBound || create.group) continue;
    const auto settled = [&] {
      const Answer<v1::GenerationTask> task = Any().GetTask(create.name);
      return task.ok() && IsSettled(task.value);
    };
    EXPECT_TRUE(Eventually(settled, absl::Minutes(2))) << create.name;
  }

  std::map<std::string, std::vector<std::string>> bills = BillsByText();
  std::map<Fate, int> fates;
  size_t billed = 0;
  for (Create& create : creates_) {
    const std::vector<std::string> ids = bills[create.request_id];
    ExpectAccounted(create, ids);
    ++fates[create.fate];
    billed += ids.size();
    bills.erase(create.request_id);
  }
  EXPECT_THAT(bills, ::testing::IsEmpty()) << "bills that no request id explains";
  // Asking again has sent nothing.
  EXPECT_EQ(AllBills(), static_cast<int64_t>(billed));
  std::cout << creates_.size() << " creates: " << billed << " billed, " << fates[Fate::kBound] << " bound, "
            << fates[Fate::kInDoubt] << " in doubt; of the last " << requests.size() << " answers " << dropped
            << " were dropped\n";
}

}  // namespace
}  // namespace seedance::e2e
