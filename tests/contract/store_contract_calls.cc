#include <atomic>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.h"

namespace seedance::testing {
namespace {

using model::JournalState;

TEST_P(StoreContract, CallIsReadBackWithEveryField) {
  const auto begun = store().BeginEntry(FullCall(), nullptr);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_FALSE(begun->existing.has_value());
  EXPECT_FALSE(begun->task.has_value());
  Reopen();
  const auto read = store().GetEntry(FullCall().key);
  ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
  EXPECT_EQ(Describe(**read), Describe(FullCall()));
}

TEST_P(StoreContract, CallThatWasNeverBegunIsAbsent) {
  const auto read = store().GetEntry(MakeCall("r").key);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->has_value());
}

TEST_P(StoreContract, SecondBeginGetsTheFirstRowAndWritesNothing) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry second = MakeCall("r");
  second.fingerprint = {{"asset.display_name", "Dog"}};
  const model::GenerationTask task = MakeTask("t");
  const auto begun = store().BeginEntry(second, &task);
  ASSERT_TRUE(begun.ok() && begun->existing.has_value());
  EXPECT_EQ(Describe(*begun->existing), Describe(MakeCall("r")));
  EXPECT_FALSE(begun->task.has_value());
  EXPECT_EQ(Describe(**store().GetEntry(second.key)), Describe(MakeCall("r")));
  EXPECT_EQ(store().GetTask("t").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, TenantMethodAndRequestIdEachMakeAnotherCall) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry other_tenant = MakeCall("r");
  other_tenant.key.tenant = "tenant-b";
  model::JournalEntry other_method = MakeCall("r");
  other_method.key.method = "UploadAsset";
  for (const model::JournalEntry& call : {other_tenant, other_method, MakeCall("r2")}) {
    const auto begun = store().BeginEntry(call, nullptr);
    ASSERT_TRUE(begun.ok()) << begun.status();
    EXPECT_FALSE(begun->existing.has_value()) << Describe(call);
  }
}

TEST_P(StoreContract, OneOfAHundredConcurrentBeginsWins) {
  constexpr int kThreads = 100;
  std::atomic<bool> go{false};
  std::atomic<int> winners{0};
  std::atomic<int> losers{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      go.wait(false);
      const model::GenerationTask task = MakeTask("t" + std::to_string(i));
      const auto begun = store().BeginEntry(MakeCall("r"), &task);
      if (begun.ok()) ++(begun->existing.has_value() ? losers : winners);
    });
  }
  go = true;
  go.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, kThreads - 1);
  EXPECT_EQ(store().ListOpenTasks()->size(), 1u);
}

TEST_P(StoreContract, BegunTaskIsThereWithItsRevision) {
  const model::GenerationTask task = MakeTask("t");
  const auto begun = store().BeginEntry(MakeCall("r"), &task);
  ASSERT_TRUE(begun.ok() && begun->task.has_value()) << begun.status();
  EXPECT_EQ(Describe(*begun->task), Describe(task));
  EXPECT_GT(begun->task->revision, 0);
  EXPECT_EQ(store().GetTask("t")->revision, begun->task->revision);
}

TEST_P(StoreContract, CallWhoseTaskCannotBeWrittenIsNotBegun) {
  const model::GenerationTask task = MakeTask("t");
  ASSERT_TRUE(store().BeginEntry(MakeCall("r1"), &task).ok());
  const auto begun = store().BeginEntry(MakeCall("r2"), &task);  // The task's id is taken.
  EXPECT_EQ(base::GetReason(begun.status()), base::Reason::kStoreUnavailable);
  EXPECT_FALSE(store().GetEntry(MakeCall("r2").key)->has_value());
}

TEST_P(StoreContract, NotAcceptedCallMayBeTriedAgainWithTheSameFields) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry ended = MakeCall("r");
  ended.state = JournalState::kNotAccepted;
  ended.error = "busy";
  ASSERT_TRUE(store().FinishEntry(ended, nullptr, nullptr).ok());

  model::JournalEntry other = MakeCall("r");
  other.fingerprint[0].second = "Dog";
  const auto refused = store().BeginEntry(other, nullptr);
  ASSERT_TRUE(refused.ok() && refused->existing.has_value());
  EXPECT_EQ(refused->existing->state, JournalState::kNotAccepted);

  model::JournalEntry again = MakeCall("r");
  again.create_time = At(60);
  const auto begun = store().BeginEntry(again, nullptr);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_FALSE(begun->existing.has_value());
  EXPECT_EQ(Describe(**store().GetEntry(again.key)), Describe(again));
}

TEST_P(StoreContract, RowInAnyOtherStateIsNeverReplaced) {
  for (JournalState state :
       {JournalState::kInFlight, JournalState::kDone, JournalState::kRefused, JournalState::kInDoubt}) {
    model::JournalEntry call = MakeCall("r" + std::to_string(static_cast<int>(state)));
    ASSERT_TRUE(store().BeginEntry(call, nullptr).ok());
    call.state = state;
    ASSERT_TRUE(store().FinishEntry(call, nullptr, nullptr).ok());
    const auto begun = store().BeginEntry(call, nullptr);
    ASSERT_TRUE(begun.ok()) << begun.status();
    ASSERT_TRUE(begun->existing.has_value()) << static_cast<int>(state);
    EXPECT_EQ(begun->existing->state, state);
  }
}

TEST_P(StoreContract, FinishTakesOnlyTheOutcome) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry end;
  end.key = MakeCall("r").key;
  end.state = JournalState::kRefused;
  end.resource_name = "assets/vendor~a";
  end.error = "no";
  end.create_time = At(99);
  end.update_time = At(5);
  ASSERT_TRUE(store().FinishEntry(end, nullptr, nullptr).ok());
  model::JournalEntry expected = MakeCall("r");
  expected.state = JournalState::kRefused;
  expected.resource_name = "assets/vendor~a";
  expected.error = "no";
  expected.update_time = At(5);
  EXPECT_EQ(Describe(**store().GetEntry(end.key)), Describe(expected));
}

TEST_P(StoreContract, FinishWritesTheAssetWithItsRevision) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry end = MakeCall("r");
  end.state = JournalState::kDone;
  model::Asset asset = FullAsset();
  ASSERT_TRUE(store().FinishEntry(end, nullptr, &asset).ok());
  EXPECT_GT(asset.revision, 0);
  const auto read = store().GetAsset(asset.handle);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Describe(*read), Describe(FullAsset()));
  EXPECT_EQ(read->revision, asset.revision);
}

TEST_P(StoreContract, FinishWritesTheGroupWithItsRevision) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  model::JournalEntry end = MakeCall("r");
  end.state = JournalState::kDone;
  model::AssetGroup group = FullGroup();
  ASSERT_TRUE(store().FinishEntry(end, &group, nullptr).ok());
  const auto read = store().GetGroup(group.handle);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_GT(group.revision, 0);
  EXPECT_EQ(read->revision, group.revision);
}

TEST_P(StoreContract, FinishWithoutARowIsNotFoundAndWritesNothing) {
  model::Asset asset = MakeAsset("a");
  const absl::Status finished = store().FinishEntry(MakeCall("r"), nullptr, &asset);
  EXPECT_EQ(base::GetReason(finished), base::Reason::kResourceNotFound);
  EXPECT_EQ(store().GetAsset(asset.handle).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, ExtendedFingerprintKeepsTheOrder) {
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  ASSERT_TRUE(store().ExtendFingerprint(MakeCall("r").key, {{"sha256", "ab"}, {"size", "2"}}).ok());
  model::JournalEntry expected = MakeCall("r");
  expected.fingerprint.emplace_back("sha256", "ab");
  expected.fingerprint.emplace_back("size", "2");
  EXPECT_EQ(Describe(**store().GetEntry(expected.key)), Describe(expected));
}

TEST_P(StoreContract, ExtendingAMissingRowIsNotFound) {
  EXPECT_EQ(base::GetReason(store().ExtendFingerprint(MakeCall("r").key, {{"sha256", "ab"}})),
            base::Reason::kResourceNotFound);
}

TEST_P(StoreContract, RestartPutsCallsInFlightIntoDoubtButNotThoseOfTasks) {
  AddTask(MakeTask("t"));
  ASSERT_TRUE(store().BeginEntry(MakeCall("flying"), nullptr).ok());
  ASSERT_TRUE(store().BeginEntry(MakeCall("flying-2"), nullptr).ok());
  ASSERT_TRUE(store().BeginEntry(MakeCall("done"), nullptr).ok());
  model::JournalEntry done = MakeCall("done");
  done.state = JournalState::kDone;
  ASSERT_TRUE(store().FinishEntry(done, nullptr, nullptr).ok());
  Reopen();

  const auto doubted = store().DoubtInFlightEntries("lost", At(30));
  ASSERT_TRUE(doubted.ok()) << doubted.status();
  EXPECT_EQ(*doubted, 2);
  model::JournalEntry expected = MakeCall("flying");
  expected.state = JournalState::kInDoubt;
  expected.error = "lost";
  expected.update_time = At(30);
  EXPECT_EQ(Describe(**store().GetEntry(expected.key)), Describe(expected));
  EXPECT_EQ(Describe(**store().GetEntry(done.key)), Describe(done));
  EXPECT_EQ((*store().GetEntry({"tenant-a", "CreateGenerationTask", "t"}))->state, JournalState::kInFlight);
  EXPECT_EQ(*store().DoubtInFlightEntries("lost", At(31)), 0);
}

TEST_P(StoreContract, CallsInFlightAreListedButNotThoseOfTasks) {
  AddTask(MakeTask("t"));
  ASSERT_TRUE(store().BeginEntry(MakeCall("flying"), nullptr).ok());
  ASSERT_TRUE(store().BeginEntry(MakeCall("done"), nullptr).ok());
  model::JournalEntry done = MakeCall("done");
  done.state = JournalState::kDone;
  ASSERT_TRUE(store().FinishEntry(done, nullptr, nullptr).ok());
  const auto flying = store().ListEntriesInFlight();
  ASSERT_TRUE(flying.ok()) << flying.status();
  ASSERT_EQ(flying->size(), 1u);
  EXPECT_EQ(flying->front().key.request_id, "flying");
}

TEST_P(StoreContract, EntryOfADisownedTaskIsReplacedByThatOfTheSameRequest) {
  const auto begin = [this](const std::string& id, const std::string& prompt) {
    const model::GenerationTask task = MakeTask(id);
    model::JournalEntry call = MakeCall("request");
    call.fingerprint = {{"prompt", prompt}};
    call.resource_name = task.name();
    return *store().BeginEntry(call, &task);
  };
  ASSERT_FALSE(begin("first", "a").existing.has_value());
  EXPECT_TRUE(begin("second", "a").existing.has_value()) << "it may be sent";
  ASSERT_TRUE(store()
                  .UpdateTask("first",
                              [](model::GenerationTask& task) {
                                task.state = model::TaskState::kFailed;
                                task.error = {base::Reason::kStoreUnavailable, "", "never sent"};
                                task.upstream_task_id.clear();
                                return absl::OkStatus();
                              })
                  .ok());
  EXPECT_TRUE(begin("second", "b").existing.has_value()) << "another request";
  const auto begun = begin("second", "a");
  ASSERT_FALSE(begun.existing.has_value());
  EXPECT_EQ(begun.task->id, "second");
  EXPECT_EQ((*store().GetEntry(MakeCall("request").key))->resource_name, begun.task->name());
  EXPECT_TRUE(begin("third", "a").existing.has_value());
}

TEST_P(StoreContract, CallTriedAgainIsInFlightAgain) {
  model::JournalEntry call = MakeCall("r");
  ASSERT_TRUE(store().BeginEntry(call, nullptr).ok());
  call.state = JournalState::kNotAccepted;
  ASSERT_TRUE(store().FinishEntry(call, nullptr, nullptr).ok());
  EXPECT_EQ(*store().DoubtInFlightEntries("lost", At(30)), 0);
  ASSERT_TRUE(store().BeginEntry(MakeCall("r"), nullptr).ok());
  EXPECT_EQ(*store().DoubtInFlightEntries("lost", At(30)), 1);
}

}  // namespace
}  // namespace seedance::testing
