#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

using model::TaskState;
using Texts = std::vector<std::string>;

Texts TaskIds(const std::vector<model::GenerationTask>& tasks) {
  Texts ids;
  for (const model::GenerationTask& task : tasks) ids.push_back(task.id);
  return ids;
}

Texts TaskIds(const absl::StatusOr<model::Page<model::GenerationTask>>& page) {
  return page.ok() ? TaskIds(page->items) : Texts{page.status().ToString()};
}

model::GenerationTask TaskWith(const std::string& id, TaskState state, std::map<std::string, std::string> labels) {
  model::GenerationTask task = MakeTask(id);
  task.state = state;
  task.request.labels = std::move(labels);
  return task;
}

TEST_P(StoreContract, TaskIsReadBackWithEveryField) {
  const model::GenerationTask written = AddTask(FullTask());
  Reopen();
  const auto read = store().GetTask(FullTask().id);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(FullTask()));
  EXPECT_EQ(read->revision, written.revision);
  EXPECT_GT(read->revision, 0);
}

TEST_P(StoreContract, TaskTimesThatHaveNotComeStayInfinite) {
  AddTask(MakeTask("t"));
  const auto read = store().GetTask("t");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(MakeTask("t")));
  EXPECT_EQ(read->submit_time, absl::InfinitePast());
  EXPECT_EQ(read->end_time, absl::InfinitePast());
  EXPECT_EQ(read->deadline_time, absl::InfiniteFuture());
}

TEST_P(StoreContract, MissingTaskIsNotFound) {
  const auto read = store().GetTask("none");
  EXPECT_EQ(base::GetReason(read.status()), base::Reason::kResourceNotFound);
  ASSERT_TRUE(base::GetErrorDetail(read.status()).resource.has_value());
  EXPECT_EQ(base::GetErrorDetail(read.status()).resource->name, "generationTasks/none");
  const auto updated = store().UpdateTask("none", [](model::GenerationTask&) { return absl::OkStatus(); });
  EXPECT_EQ(base::GetReason(updated.status()), base::Reason::kResourceNotFound);
}

// Null is always allowed; anything else has to be what GetTask says.
void ExpectPeekIsTrue(store::Store& store, const std::string& id) {
  const std::shared_ptr<const model::GenerationTask> peeked = store.PeekTask(id);
  if (peeked == nullptr) return;
  const auto read = store.GetTask(id);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*peeked), Describe(*read));
  EXPECT_EQ(peeked->revision, read->revision);
}

TEST_P(StoreContract, PeekSaysWhatGetWouldSay) {
  const auto check = [&] { ExpectPeekIsTrue(store(), FullTask().id); };
  check();
  AddTask(FullTask());
  check();
  const auto change = [&](absl::Status end) {
    return store().UpdateTask(FullTask().id, [&](model::GenerationTask& task) {
      ++task.progress_percent;
      return end;
    });
  };
  ASSERT_TRUE(change(absl::OkStatus()).ok());
  check();
  ASSERT_FALSE(change(absl::AbortedError("no")).ok());
  check();
  AddTask(FullTask());  // Again: the journal has its row.
  check();
  Reopen();
  check();
  ASSERT_TRUE(store().GetTask(FullTask().id).ok());
  check();
  ASSERT_FALSE(store().DeleteTask(FullTask().id, At(10), [](const auto&) { return absl::AbortedError("no"); }).ok());
  check();
  ASSERT_TRUE(store().GetTask(FullTask().id).ok());
  ASSERT_TRUE(store().DeleteTask(FullTask().id, At(10), [](const auto&) { return absl::OkStatus(); }).ok());
  EXPECT_EQ(store().PeekTask(FullTask().id), nullptr);
}

TEST_P(StoreContract, PeekForgetsWhatIsPurged) {
  model::GenerationTask ended = TaskWith("t", TaskState::kSucceeded, {});
  ended.end_time = At(0);
  AddTask(ended);
  AddTask(TaskWith("open", TaskState::kRunning, {}));
  const auto purged = store().PurgeTasks(At(10), At(10), 10);
  ASSERT_TRUE(purged.ok()) << purged.status();
  ASSERT_EQ(purged->size(), 1u);
  EXPECT_EQ(store().PeekTask("t"), nullptr);
  ExpectPeekIsTrue(store(), "open");
}

TEST_P(StoreContract, PeekIsNeverBehindALaterRead) {
  AddTask(MakeTask("t"));
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int n = 0; n < 200; ++n) {
      const auto updated = store().UpdateTask("t", [](model::GenerationTask&) { return absl::OkStatus(); });
      EXPECT_TRUE(updated.ok()) << updated.status();
      const auto peeked = store().PeekTask("t");
      EXPECT_TRUE(peeked == nullptr || peeked->revision >= updated->revision);
    }
    over = true;
  });
  while (!over) {
    const auto read = store().GetTask("t");
    ASSERT_TRUE(read.ok()) << read.status();
    const auto peeked = store().PeekTask("t");
    EXPECT_TRUE(peeked == nullptr || peeked->revision >= read->revision);
  }
  writer.join();
}

TEST_P(StoreContract, RefusedTaskChangeWritesNothing) {
  const model::GenerationTask before = AddTask(TaskWith("t", TaskState::kQueued, {{"k", "v"}}));
  const auto refused = store().UpdateTask("t", [](model::GenerationTask& task) {
    task.state = TaskState::kFailed;
    task.request.labels.clear();
    return absl::AbortedError("no");
  });
  EXPECT_EQ(refused.status(), absl::AbortedError("no"));
  const auto read = store().GetTask("t");
  EXPECT_EQ(Describe(*read), Describe(before));
  EXPECT_EQ(read->revision, before.revision);
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"k", "v"}}}, {}, 10)), Texts{"t"});
}

TEST_P(StoreContract, ConcurrentTaskUpdatesLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kUpdates = 40;
  model::GenerationTask task = MakeTask("t");
  task.request.seed = 0;
  AddTask(task);
  std::vector<std::vector<int64_t>> revisions(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kUpdates; ++n) {
        const auto updated = store().UpdateTask("t", [](model::GenerationTask& edited) {
          edited.request.seed = *edited.request.seed + 1;
          return absl::OkStatus();
        });
        EXPECT_TRUE(updated.ok()) << updated.status();
        if (updated.ok()) revisions[static_cast<size_t>(i)].push_back(updated->revision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store().GetTask("t")->request.seed, kThreads * kUpdates);
  std::set<int64_t> all;
  for (const auto& of_thread : revisions) {
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
    all.insert(of_thread.begin(), of_thread.end());
  }
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kUpdates)) << "a revision was given twice";
  EXPECT_EQ(store().GetTask("t")->revision, *all.rbegin());
}

TEST_P(StoreContract, FailingWritesDoNotUndoTheirNeighbours) {
  constexpr int kThreads = 16;
  for (int i = 0; i < kThreads; ++i) AddTask(MakeTask("t" + std::to_string(i)));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto updated = store().UpdateTask("t" + std::to_string(i), [i](model::GenerationTask& task) {
        task.progress_percent = 50;
        return i % 2 == 0 ? absl::OkStatus() : absl::AbortedError("odd");
      });
      EXPECT_EQ(updated.ok(), i % 2 == 0) << updated.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    EXPECT_EQ(store().GetTask("t" + std::to_string(i))->progress_percent, i % 2 == 0 ? 50 : 0);
  }
}

TEST_P(StoreContract, RevisionsGrowAcrossAllResourcesAndReopening) {
  std::vector<int64_t> revisions;
  revisions.push_back(store().PutGroup(MakeGroup("g"))->revision);
  revisions.push_back(store().PutAsset(MakeAsset("a"))->revision);
  revisions.push_back(AddTask(MakeTask("t")).revision);
  revisions.push_back(store().PutGroup(MakeGroup("g"))->revision);
  ASSERT_TRUE(store().DeleteGroup({"vendor", "g"}).ok());
  Reopen();
  revisions.push_back(store().PutGroup(MakeGroup("g"))->revision);
  revisions.push_back(store().UpdateTask("t", [](model::GenerationTask&) { return absl::OkStatus(); })->revision);
  EXPECT_GT(revisions.front(), 0);
  for (size_t i = 1; i < revisions.size(); ++i) EXPECT_GT(revisions[i], revisions[i - 1]) << i;
}

TEST_P(StoreContract, EpochStaysWithTheDatabaseAndDiffersBetweenDatabases) {
  const std::string epoch = store().epoch();
  EXPECT_GE(epoch.size(), 16u);
  Reopen();
  EXPECT_EQ(store().epoch(), epoch);
  const auto other = GetParam().make();
  EXPECT_NE((*other->Open())->epoch(), epoch);
}

TEST_P(StoreContract, TaskFilterByStates) {
  AddTask(TaskWith("1", TaskState::kPending, {}));
  AddTask(TaskWith("2", TaskState::kRunning, {}));
  AddTask(TaskWith("3", TaskState::kSucceeded, {}));
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {}}, {}, 10)), (Texts{"3", "2", "1"}));
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {TaskState::kSucceeded, TaskState::kPending}, {}}, {}, 10)),
            (Texts{"3", "1"}));
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {TaskState::kLost}, {}}, {}, 10)), Texts{});
}

TEST_P(StoreContract, PageOfLargeTasksIsCutByBytes) {
  constexpr size_t kThird = 450 << 10;  // Of what a page holds at most.
  for (const char* id : {"1", "2", "3", "4"}) {
    model::GenerationTask task = TaskWith(id, TaskState::kPending, {});
    task.request.prompt = std::string(kThird, 'x');
    AddTask(task);
  }
  const auto first = store().ListTasks({"tenant-a", {}, {}}, {}, 10);
  EXPECT_EQ(TaskIds(first), (Texts{"4", "3", "2"}));
  const auto second = store().ListTasks({"tenant-a", {}, {}}, first->next, 10);
  EXPECT_EQ(TaskIds(second), Texts{"1"});
  EXPECT_TRUE(second->next.at_start());
}

TEST_P(StoreContract, TaskLargerThanAPageIsListed) {
  model::GenerationTask task = TaskWith("1", TaskState::kPending, {});
  task.request.prompt = std::string(2 << 20, 'x');
  AddTask(task);
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {}}, {}, 10)), Texts{"1"});
}

TEST_P(StoreContract, TaskFilterFollowsTheState) {
  AddTask(TaskWith("1", TaskState::kPending, {}));
  const auto end = [](model::GenerationTask& task) {
    task.state = TaskState::kCancelled;
    return absl::OkStatus();
  };
  ASSERT_TRUE(store().UpdateTask("1", end).ok());
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {TaskState::kPending}, {}}, {}, 10)), Texts{});
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {TaskState::kCancelled}, {}}, {}, 10)), Texts{"1"});
}

TEST_P(StoreContract, TaskFilterNeedsEveryLabel) {
  AddTask(TaskWith("1", TaskState::kPending, {{"order", "17"}, {"zone", "eu"}}));
  AddTask(TaskWith("2", TaskState::kPending, {{"order", "17"}}));
  AddTask(TaskWith("3", TaskState::kPending, {{"17", "order"}}));
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"order", "17"}}}, {}, 10)), (Texts{"2", "1"}));
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"order", "17"}, {"zone", "eu"}}}, {}, 10)), Texts{"1"});
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"order", ""}}}, {}, 10)), Texts{});
}

TEST_P(StoreContract, TaskFilterTakesNamedTasksOnly) {
  for (const char* id : {"1", "2", "3", "4"}) AddTask(TaskWith(id, TaskState::kPending, {}));
  model::GenerationTask foreign = TaskWith("5", TaskState::kPending, {});
  foreign.tenant = "tenant-b";
  AddTask(foreign);
  store::Store::TaskFilter filter = {"tenant-a", {}, {}, {"1", "3", "4", "5", "none"}};
  const auto first = store().ListTasks(filter, {}, 2);
  EXPECT_EQ(TaskIds(first), (Texts{"4", "3"}));
  const auto second = store().ListTasks(filter, first->next, 2);
  EXPECT_EQ(TaskIds(second), Texts{"1"});
  EXPECT_TRUE(second->next.at_start());
  filter.states = {TaskState::kRunning};
  EXPECT_EQ(TaskIds(store().ListTasks(filter, {}, 10)), Texts{});
}

TEST_P(StoreContract, TaskFilterByTimeUpstreamModelAndPrompt) {
  const auto add = [this](const char* id, int second, const char* upstream, const char* model, const char* prompt) {
    model::GenerationTask task = TaskWith(id, TaskState::kPending, {});
    task.create_time = At(second);
    task.request.upstream = upstream;
    task.request.model = model;
    task.request.prompt = prompt;
    AddTask(task);
  };
  add("1", 10, "near", "small", "A Red Fox in 雪");
  add("2", 20, "near", "large", "a red foxtrot");
  add("3", 30, "far", "small", "100% blue_whale");
  const auto ids = [this](const std::function<void(store::Store::TaskFilter&)>& edit) {
    store::Store::TaskFilter filter = {"tenant-a", {}, {}};
    edit(filter);
    return TaskIds(store().ListTasks(filter, {}, 10));
  };
  EXPECT_EQ(ids([](auto& filter) { filter.created_from = At(20); }), (Texts{"3", "2"}));
  EXPECT_EQ(ids([](auto& filter) { filter.created_before = At(20); }), Texts{"1"});
  EXPECT_EQ(ids([](auto& filter) { filter.upstream = "near"; }), (Texts{"2", "1"}));
  EXPECT_EQ(ids([](auto& filter) { filter.model = "small"; }), (Texts{"3", "1"}));
  EXPECT_EQ(ids([](auto& filter) { filter.prompt_text = "RED fox"; }), (Texts{"2", "1"}));
  EXPECT_EQ(ids([](auto& filter) { filter.prompt_text = "雪"; }), Texts{"1"});
  EXPECT_EQ(ids([](auto& filter) { filter.prompt_text = "%"; }), Texts{"3"});
  EXPECT_EQ(ids([](auto& filter) { filter.prompt_text = "e.f"; }), Texts{});
  EXPECT_EQ(ids([](auto& filter) {
              filter.upstream = "near";
              filter.model = "small";
              filter.prompt_text = "fox";
            }),
            Texts{"1"});
}

TEST_P(StoreContract, ATaskThatFitsIsFoundBehindThousandsThatDoNot) {
  constexpr int kOthers = 1200;
  for (int i = 0; i <= kOthers; ++i) {
    model::GenerationTask task = TaskWith(absl::StrCat("id-", i), TaskState::kPending, {});
    task.create_time = At(i);
    task.request.prompt = i == 0 ? "the one" : "another";
    AddTask(task);
  }
  store::Store::TaskFilter filter = {"tenant-a", {}, {}};
  filter.prompt_text = "the one";
  const auto first = store().ListTasks(filter, {}, 10);
  EXPECT_EQ(TaskIds(first), Texts{});
  ASSERT_FALSE(first->next.at_start());
  const auto second = store().ListTasks(filter, first->next, 10);
  EXPECT_EQ(TaskIds(second), Texts{"id-0"});
  EXPECT_TRUE(second->next.at_start());
}

TEST_P(StoreContract, TasksAreCountedByState) {
  AddTask(TaskWith("1", TaskState::kPending, {{"order", "17"}}));
  AddTask(TaskWith("2", TaskState::kPending, {}));
  AddTask(TaskWith("3", TaskState::kSucceeded, {{"order", "17"}}));
  model::GenerationTask foreign = TaskWith("4", TaskState::kPending, {});
  foreign.tenant = "tenant-b";
  AddTask(foreign);
  using Counts = std::map<TaskState, int64_t>;
  EXPECT_EQ(*store().CountTasks({"tenant-a", {}, {}}), (Counts{{TaskState::kPending, 2}, {TaskState::kSucceeded, 1}}));
  EXPECT_EQ(*store().CountTasks({"tenant-a", {}, {{"order", "17"}}}),
            (Counts{{TaskState::kPending, 1}, {TaskState::kSucceeded, 1}}));
  EXPECT_EQ(*store().CountTasks({"tenant-c", {}, {}}), Counts{});
}

TEST_P(StoreContract, TaskFilterFollowsTheLabels) {
  AddTask(TaskWith("1", TaskState::kPending, {{"order", "17"}}));
  const auto relabel = [](model::GenerationTask& task) {
    task.request.labels = {{"order", "18"}};
    return absl::OkStatus();
  };
  ASSERT_TRUE(store().UpdateTask("1", relabel).ok());
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"order", "17"}}}, {}, 10)), Texts{});
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {{"order", "18"}}}, {}, 10)), Texts{"1"});
}

TEST_P(StoreContract, ForeignTasksAreNotListed) {
  model::GenerationTask foreign = TaskWith("foreign", TaskState::kPending, {{"k", "v"}});
  foreign.tenant = "tenant-b";
  AddTask(foreign);
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {}, {}}, {}, 10)), Texts{});
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-a", {TaskState::kPending}, {{"k", "v"}}}, {}, 10)), Texts{});
  EXPECT_EQ(TaskIds(store().ListTasks({"tenant-b", {}, {}}, {}, 10)), Texts{"foreign"});
}

TEST_P(StoreContract, PagesOfTasksWithEqualTimesHoldEachOnce) {
  for (int i = 0; i < 7; ++i) {
    model::GenerationTask task = MakeTask("t" + std::to_string(i));
    // Microseconds decide; three share each of them.
    task.create_time = At(0) + absl::Microseconds(i / 3);
    AddTask(task);
  }
  Texts seen;
  model::PageCursor cursor;
  int pages = 0;
  do {
    const auto page = store().ListTasks({"tenant-a", {TaskState::kPending}, {}}, cursor, 2);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const model::GenerationTask& task : page->items) seen.push_back(task.id);
    cursor = page->next;
    ASSERT_LE(++pages, 4);
  } while (!cursor.at_start());
  EXPECT_EQ(seen, (Texts{"t6", "t5", "t4", "t3", "t2", "t1", "t0"}));
}

TEST_P(StoreContract, OpenTasksAreThoseOfEveryTenantThatHaveNotEnded) {
  std::set<std::string> open;
  for (int state = 1; state <= static_cast<int>(TaskState::kLost); ++state) {
    model::GenerationTask task = TaskWith("t" + std::to_string(state), static_cast<TaskState>(state), {});
    task.tenant = "tenant-" + std::to_string(state);
    AddTask(task);
    if (!model::IsTerminal(task.state)) open.insert(task.id);
  }
  const auto listed = store().ListOpenTasks();
  ASSERT_TRUE(listed.ok()) << listed.status();
  const Texts ids = TaskIds(*listed);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), open);
  EXPECT_EQ(ids.size(), open.size());
}

TEST_P(StoreContract, TaskThatEndsIsNoLongerOpen) {
  AddTask(MakeTask("t"));
  const auto end = [](model::GenerationTask& task) {
    task.state = TaskState::kFailed;
    return absl::OkStatus();
  };
  ASSERT_TRUE(store().UpdateTask("t", end).ok());
  Reopen();
  EXPECT_EQ(TaskIds(*store().ListOpenTasks()), Texts{});
}

}  // namespace
}  // namespace seedance::testing
