// WatchGenerationTasks: dashboards over two tenants, over deaths of the gateway, deletions, and readers that stall.
#include <signal.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/client.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/e2e/fixture.h"

namespace seedance::e2e {
namespace {

using client::TasksCallbacks;
using client::TasksFilter;
using Names = std::set<std::string>;

// A dashboard as a user builds one: the client library on a thread of its own, and what it was told.
class Dashboard {
 public:
  Dashboard(const std::string& endpoint, const std::string& token, TasksFilter filter = {})
      : filter_(std::move(filter)) {
    client::ClientOptions options;
    options.endpoint = endpoint;
    options.token = token;
    options.retry.initial = absl::Milliseconds(50);
    options.retry.maximum = absl::Milliseconds(500);
    options.retry.stream_attempts = 1000;
    client_ = Must(client::Client::Create(options));
    thread_ = std::thread([this] { Run(); });
  }
  ~Dashboard() {
    canceller_.Cancel();
    thread_.join();
  }

  // Waits until the dashboard shows what `done` wants.
  template <typename Done>
  bool Shows(Done done) {
    return Eventually([&] {
      std::lock_guard lock(mutex_);
      return done(*this);
    });
  }
  bool Synced() {
    return Shows([](const Dashboard& shown) { return shown.synced; });
  }
  bool ShowsIn(const std::string& name, State::State state) {
    return Shows([&](const Dashboard& shown) {
      const auto task = shown.tasks.find(name);
      return task != shown.tasks.end() && task->second == state;
    });
  }
  Names Shown() {
    std::lock_guard lock(mutex_);
    Names names;
    for (const auto& [name, state] : tasks) names.insert(name);
    return names;
  }
  // How often that task came to a terminal state.
  int Ends(const std::string& name) {
    std::lock_guard lock(mutex_);
    return ends[name];
  }

  // Read them under Shows, or when nothing is told any more.
  std::map<std::string, State::State> tasks;
  std::map<std::string, int> ends;
  std::set<int64_t> revisions;
  Names removed;
  int twice = 0;  // Revisions that came again.
  int resets = 0;
  int reconnects = 0;
  bool synced = false;

 private:
  void Run() {
    TasksCallbacks callbacks;
    callbacks.on_task = [this](const v1::GenerationTask& task) {
      std::lock_guard lock(mutex_);
      if (!revisions.insert(task.revision()).second) ++twice;
      State::State& shown = tasks[task.name()];
      // What it cost may be told after its end.
      if (client::IsTerminal(task.state()) && shown != task.state()) ++ends[task.name()];
      shown = task.state();
    };
    callbacks.on_removed = [this](const std::string& name) {
      std::lock_guard lock(mutex_);
      tasks.erase(name);
      removed.insert(name);
    };
    callbacks.on_synced = [this] {
      std::lock_guard lock(mutex_);
      synced = true;
    };
    callbacks.on_reset = [this] {
      std::lock_guard lock(mutex_);
      ++resets;
    };
    client::WatchOptions options;
    options.canceller = &canceller_;
    options.on_reconnect = [this](const absl::Status&, absl::Duration) {
      std::lock_guard lock(mutex_);
      ++reconnects;
    };
    const absl::Status ended = client_->WatchGenerationTasks(filter_, callbacks, options);
    EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled) << ended;
  }

  const TasksFilter filter_;
  std::mutex mutex_;
  client::Canceller canceller_;
  std::unique_ptr<client::Client> client_;
  std::thread thread_;
};

class WatchTasksTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kStopped);
    testing::GatewayOptions options;
    options.tenants = {{"acme", {"acme-token"}}, {"other", {"other-token"}}};
    options.server = {"heartbeat_interval: 0.2s", "create_wait: 0.1s"};
    StartGateway(options);
    other_ = NewApi("other-token");
  }

  // As a crash and a restart by a supervisor; `meanwhile` happens while nothing runs.
  void Die(const std::function<void()>& meanwhile = [] {}) {
    Must(gateway().Stop(SIGKILL));
    meanwhile();
    RestartGateway();
    // The connection of before is broken, and these clients do not try again.
    ASSERT_TRUE(Eventually([&] { return api().ListTasks({}).ok(); }));
  }

  std::string NewTaskOf(Api& api, const std::string& prompt, const std::string& label = "") {
    v1::GenerationTask task = TaskOf(prompt);
    if (!label.empty()) (*task.mutable_labels())["show"] = label;
    return Must(api.CreateTask(task)).name();
  }

  // While the gateway is down. What DeleteGenerationTask does to the store.
  void DeleteFromStore(const std::string& name) {
    store::sqlite::SqliteOptions options;
    options.path = gateway().sqlite_path();
    const auto store = Must(store::sqlite::OpenSqliteStore(options));
    const auto deleted =
        store->DeleteTask(name.substr(name.find('/') + 1), absl::Now(), [](const auto&) { return absl::OkStatus(); });
    ASSERT_TRUE(deleted.ok()) << deleted.status();
  }

  std::unique_ptr<Api> other_;
};

TEST_F(WatchTasksTest, TwoTenantsSeeTheirOwnTasksThroughDeathsAndDeletions) {
  Dashboard acme(gateway().address(), "acme-token");
  Dashboard other(gateway().address(), "other-token");
  Dashboard show(gateway().address(), "acme-token", {{State::STATE_QUEUED, State::STATE_RUNNING}, {{"show", "one"}}});
  ASSERT_TRUE(acme.Synced() && other.Synced() && show.Synced());
  Names own;
  std::vector<std::string> labelled;
  for (int i = 0; i < 6; ++i) {
    labelled.push_back(NewTaskOf(api(), absl::StrCat("own ", i), i % 2 == 0 ? "one" : "two"));
    own.insert(labelled.back());
  }
  const std::string foreign = NewTaskOf(*other_, "foreign");
  ASSERT_TRUE(acme.Shows([&](const Dashboard& shown) { return shown.tasks.size() == own.size(); }));
  ASSERT_TRUE(other.ShowsIn(foreign, State::STATE_QUEUED));
  Advance(absl::Seconds(10));
  for (const std::string& name : own) ASSERT_TRUE(acme.ShowsIn(name, State::STATE_RUNNING));
  ASSERT_TRUE(show.Shows([](const Dashboard& shown) { return shown.tasks.size() == 3; }));

  Die([&] { Advance(absl::Seconds(30)); });
  for (const std::string& name : own) EXPECT_TRUE(acme.ShowsIn(name, State::STATE_SUCCEEDED)) << name;
  EXPECT_TRUE(other.ShowsIn(foreign, State::STATE_SUCCEEDED));
  EXPECT_TRUE(show.Shows([](const Dashboard& shown) { return shown.tasks.empty(); })) << "none runs any more";

  Die([&] { DeleteFromStore(labelled[0]); });
  EXPECT_TRUE(acme.Shows([&](const Dashboard& shown) { return shown.tasks.count(labelled[0]) == 0; }));
  const std::string late = NewTaskOf(api(), "late");
  EXPECT_TRUE(acme.Shows([&](const Dashboard& shown) { return shown.tasks.count(late) > 0; }));

  own.insert(late);
  own.erase(labelled[0]);
  EXPECT_EQ(acme.Shown(), own);
  EXPECT_EQ(other.Shown(), Names{foreign});
  for (const std::string& name : labelled) EXPECT_EQ(acme.Ends(name), 1) << name;
  for (Dashboard* dashboard : {&acme, &other, &show}) {
    EXPECT_TRUE(dashboard->Shows([](const Dashboard& shown) { return shown.reconnects >= 2; }));
    EXPECT_EQ(dashboard->twice, 0);
    EXPECT_EQ(dashboard->resets, 0);
  }
  EXPECT_EQ(other.removed, Names{}) << "nothing of the other tenant's";
}

TEST_F(WatchTasksTest, ManyDeathsWhileTasksMoveLoseNothing) {
  Dashboard dashboard(gateway().address(), "acme-token");
  ASSERT_TRUE(dashboard.Synced());
  Names all;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 3; ++i) all.insert(NewTaskOf(api(), absl::StrCat("round ", round, " task ", i)));
    Advance(absl::Seconds(7));
    // In the midst of whatever the polls are writing.
    Die();
  }
  Advance(absl::Seconds(60));
  for (const std::string& name : all) {
    EXPECT_TRUE(Eventually([&] { return client::IsTerminal(Must(api().GetTask(name)).state()); })) << name;
    const v1::GenerationTask ended = Must(api().GetTask(name));
    EXPECT_TRUE(dashboard.ShowsIn(name, ended.state())) << name;
    EXPECT_EQ(dashboard.Ends(name), 1) << name;
  }
  EXPECT_EQ(dashboard.Shown(), all);
  EXPECT_EQ(dashboard.twice, 0);
  EXPECT_EQ(dashboard.resets, 0);
}

// Readers that do not read: they get what is newest when they do, and the others do not wait for them.
TEST_F(WatchTasksTest, StalledReadersHoldNobodyUpAndCatchUp) {
  std::vector<std::string> names;
  // Long prompts, so that what is not read fills the connection.
  for (int i = 0; i < 30; ++i) names.push_back(NewTaskOf(api(), absl::StrCat(i, std::string(3000, 'x'))));
  struct Stalled {
    std::unique_ptr<Api> api;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<v1::GenerationTaskService::Stub> stub;
    std::unique_ptr<grpc::ClientReader<v1::WatchGenerationTasksResponse>> reader;
  };
  std::vector<Stalled> stalled(5);
  for (Stalled& each : stalled) {
    each.api = NewApi("acme-token");
    each.context = each.api->Context();
    each.stub = v1::GenerationTaskService::NewStub(each.api->channel());
    each.reader = each.stub->WatchGenerationTasks(each.context.get(), {});
  }
  Dashboard dashboard(gateway().address(), "acme-token");
  ASSERT_TRUE(dashboard.Synced());
  Advance(absl::Seconds(10));
  for (const std::string& name : names) ASSERT_TRUE(dashboard.ShowsIn(name, State::STATE_RUNNING)) << name;
  Advance(absl::Seconds(20));
  for (const std::string& name : names) ASSERT_TRUE(dashboard.ShowsIn(name, State::STATE_SUCCEEDED)) << name;
  for (Stalled& each : stalled) {
    std::map<std::string, State::State> view;
    std::set<int64_t> revisions;
    std::map<std::string, int> ends;
    v1::WatchGenerationTasksResponse message;
    const auto done = [&] {
      return std::all_of(names.begin(), names.end(), [&](const auto& name) { return ends[name] > 0; });
    };
    while (!done() && each.reader->Read(&message)) {
      for (const v1::GenerationTask& task : message.generation_tasks()) {
        EXPECT_TRUE(revisions.insert(task.revision()).second);
        if (client::IsTerminal(task.state())) ++ends[task.name()];
      }
    }
    for (const std::string& name : names) EXPECT_EQ(ends[name], 1) << name;
    each.context->TryCancel();
    (void)each.reader->Finish();
  }
}

}  // namespace
}  // namespace seedance::e2e
