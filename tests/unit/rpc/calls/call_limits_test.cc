#include "service/rpc/calls/call_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/metrics.h"
#include "service/rpc/calls/deadline_queue.h"
#include "service/rpc/calls/receive_gate.h"
#include "service/rpc/calls/watch_message.h"

namespace seedance::rpc {
namespace {

using Ticket = CallLimits::Ticket;
using Order = ReceiveGate::Order;

TEST(CallLimits, ATenantsPlacesAreItsOwnAndComeBack) {
  CallLimits::Options options;
  options.max_calls_per_tenant = 1;
  CallLimits limits(options);
  Ticket first;
  Ticket second;
  Ticket other;
  for (Ticket* ticket : {&first, &second, &other}) ASSERT_TRUE(limits.Connect(*ticket, "ipv4:1").ok());
  EXPECT_TRUE(limits.Admit(first, RpcKind::kCall, "a").ok());
  const absl::Status refused = limits.Admit(second, RpcKind::kCall, "a");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::GetErrorDetail(refused).quota_subject, "tenant:a");
  EXPECT_TRUE(base::GetErrorDetail(refused).retry_delay.has_value());
  EXPECT_TRUE(limits.Admit(other, RpcKind::kCall, "b").ok());
  limits.Release(first);
  EXPECT_TRUE(limits.Admit(second, RpcKind::kCall, "a").ok());
  limits.Release(second);
  limits.Release(other);
  EXPECT_EQ(limits.open(), 0u);
}

TEST(CallLimits, OtherLevelsCountFromThenOn) {
  CallLimits limits({});
  std::deque<Ticket> tickets(3);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  ASSERT_TRUE(limits.Admit(tickets[0], RpcKind::kCall, "a").ok());
  CallLimits::Options less;
  less.max_calls_per_tenant = 1;
  limits.SetLevels(less);
  EXPECT_EQ(base::GetErrorDetail(limits.Admit(tickets[1], RpcKind::kCall, "a")).quota_subject, "tenant:a");
  less.max_calls = 1;
  limits.SetLevels(less);
  EXPECT_EQ(base::GetErrorDetail(limits.Admit(tickets[2], RpcKind::kCall, "b")).quota_subject, "gateway:calls");
  limits.SetLevels({});
  EXPECT_TRUE(limits.Admit(tickets[1], RpcKind::kCall, "a").ok());
  for (Ticket& ticket : tickets) limits.Release(ticket);
}

TEST(CallLimits, AWatchCountsAsACallUntilItsStreamBegins) {
  CallLimits::Options options;
  options.max_calls_per_tenant = 1;
  CallLimits limits(options);
  std::deque<Ticket> tickets(3);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  ASSERT_TRUE(limits.Admit(tickets[0], RpcKind::kWatch, "a").ok());
  const absl::Status refused = limits.Admit(tickets[1], RpcKind::kWatch, "a");
  EXPECT_EQ(base::GetErrorDetail(refused).quota_subject, "tenant:a");
  limits.BeginStream(tickets[0]);
  limits.BeginStream(tickets[0]);
  EXPECT_TRUE(limits.Admit(tickets[1], RpcKind::kWatch, "a").ok());
  limits.Release(tickets[0]);  // Gives no call back any more.
  EXPECT_FALSE(limits.Admit(tickets[2], RpcKind::kCall, "a").ok());
  limits.Release(tickets[1]);
  EXPECT_TRUE(limits.Admit(tickets[2], RpcKind::kCall, "a").ok());
}

TEST(CallLimits, BytesOfAnswersCountUntilTheyAreTaken) {
  CallLimits::Options options;
  options.max_answer_bytes = 100;
  options.max_answer_bytes_per_tenant = 60;
  CallLimits limits(options);
  std::deque<Ticket> tickets(4);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  ASSERT_TRUE(limits.Admit(tickets[0], RpcKind::kCall, "a").ok());
  ASSERT_TRUE(limits.Admit(tickets[1], RpcKind::kCall, "b").ok());
  limits.Charge(tickets[0], 60);
  EXPECT_FALSE(limits.CheckAnswers(tickets[0]).ok());
  EXPECT_FALSE(limits.Admit(tickets[2], RpcKind::kWatch, "a").ok());
  EXPECT_TRUE(limits.CheckAnswers(tickets[1]).ok());
  limits.Charge(tickets[1], 40);
  const absl::Status full = limits.Admit(tickets[2], RpcKind::kCall, "c");
  EXPECT_EQ(base::GetErrorDetail(full).quota_subject, "gateway:answer_bytes");
  limits.Discharge(tickets[1], 1);
  EXPECT_TRUE(limits.Admit(tickets[2], RpcKind::kCall, "c").ok());
  limits.Release(tickets[0]);
  EXPECT_EQ(limits.answer_bytes(), 39u);
  EXPECT_TRUE(limits.Admit(tickets[3], RpcKind::kCall, "a").ok());
}

TEST(CallLimits, BytesThatManyStreamsSendCountOnceUntilTheLastHasSentThem) {
  CallLimits limits((CallLimits::Options()));
  std::deque<Ticket> tickets(2);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  ASSERT_TRUE(limits.Admit(tickets[0], RpcKind::kWatch, "a").ok());
  ASSERT_TRUE(limits.Admit(tickets[1], RpcKind::kWatch, "b").ok());
  const SharedBytes bytes(grpc::Slice(std::string(100, 'x')));
  std::shared_ptr<void> first = bytes.Charge(limits, tickets[0]);
  std::shared_ptr<void> second = bytes.Charge(limits, tickets[1]);
  EXPECT_EQ(limits.answer_bytes(), 100u);
  first.reset();
  limits.Release(tickets[0]);
  EXPECT_EQ(limits.answer_bytes(), 100u);
  second.reset();
  EXPECT_EQ(limits.answer_bytes(), 0u);
  second = bytes.Charge(limits, tickets[1]);
  EXPECT_EQ(limits.answer_bytes(), 100u);
}

TEST(CallLimits, StreamsOverTheLimitOfAConnectionAreRefusedAndTwiceAsManyEndItOnce) {
  std::vector<std::string> ended;
  CallLimits::Options options;
  options.max_streams_per_connection = 1;
  options.end_connection = [&](const std::string& peer) { ended.push_back(peer); };
  CallLimits limits(options);
  std::deque<Ticket> tickets(6);
  EXPECT_TRUE(limits.Connect(tickets[0], "ipv4:1").ok());
  const absl::Status refused = limits.Connect(tickets[1], "ipv4:1");
  EXPECT_EQ(base::GetErrorDetail(refused).quota_subject, "gateway:streams_per_connection");
  EXPECT_TRUE(base::GetErrorDetail(refused).retry_delay.has_value());
  EXPECT_TRUE(ended.empty());  // It may not know the limit yet.
  EXPECT_FALSE(limits.Connect(tickets[2], "ipv4:1").ok());
  EXPECT_FALSE(limits.Connect(tickets[3], "ipv4:1").ok());
  EXPECT_TRUE(limits.Connect(tickets[4], "ipv4:2").ok());
  EXPECT_EQ(ended, std::vector<std::string>{"ipv4:1"});
  // Connections of a Unix socket have no names to tell them apart.
  EXPECT_TRUE(limits.Connect(tickets[5], "unix:").ok());
  Ticket another;
  EXPECT_TRUE(limits.Connect(another, "unix:").ok());
}

TEST(CallLimits, RefusalsThatAreNotTakenAreDroppedAndThenTheConnectionIsEnded) {
  int ended = 0;
  CallLimits::Options options;
  options.max_refusals_per_connection = 1;
  options.max_dropped_refusals = 2;
  options.end_connection = [&](const std::string&) { ++ended; };
  CallLimits limits(options);
  std::deque<Ticket> tickets(4);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  EXPECT_TRUE(limits.Refuse(tickets[0]));
  EXPECT_FALSE(limits.Refuse(tickets[1]));
  EXPECT_EQ(ended, 0);
  EXPECT_FALSE(limits.Refuse(tickets[2]));
  EXPECT_EQ(ended, 1);
  for (int i : {0, 1, 2}) limits.Release(tickets[i]);
  EXPECT_TRUE(limits.Refuse(tickets[3]));
}

TEST(CallLimits, AConnectionWithFewRefusalsIsAnsweredWhateverTheOthersHave) {
  CallLimits::Options options;
  options.max_refusals = 20;
  CallLimits limits(options);
  std::deque<Ticket> greedy(30);
  for (Ticket& ticket : greedy) {
    ASSERT_TRUE(limits.Connect(ticket, "ipv4:1.1.1.1:1").ok());
    (void)limits.Refuse(ticket);
  }
  std::deque<Ticket> other(9);
  for (size_t i = 0; i < other.size(); ++i) {
    ASSERT_TRUE(limits.Connect(other[i], "ipv4:2.2.2.2:1").ok());
    EXPECT_EQ(limits.Refuse(other[i]), i < 8) << i;
  }
}

// Admits until the limit says no; the tickets stay open.
size_t AdmitAll(CallLimits& limits, RpcKind kind, const std::string& peer, std::deque<Ticket>& tickets) {
  for (size_t admitted = 0;; ++admitted) {
    tickets.emplace_back();
    EXPECT_TRUE(limits.Connect(tickets.back(), peer).ok());
    if (!limits.Admit(tickets.back(), kind, "").ok()) return admitted;
  }
}

TEST(CallLimits, AnAddressMayHaveAsManyHealthCallsAsItLeavesFree) {
  CallLimits::Options options;
  options.max_health_calls = 100;
  CallLimits limits(options);
  std::deque<Ticket> tickets;
  for (const auto& [address, share] :
       {std::pair("ipv4:1.1.1.1:", 50u), {"ipv4:2.2.2.2:", 25u}, {"ipv4:3.3.3.3:", 13u}}) {
    size_t admitted = 0;
    for (int port = 0; port < 20; ++port) {
      const size_t more = AdmitAll(limits, RpcKind::kHealthWatch, address + std::to_string(port), tickets);
      EXPECT_LE(more, 10u);
      admitted += more;
    }
    EXPECT_EQ(admitted, share) << address;
  }
  for (Ticket& ticket : tickets) limits.Release(ticket);
  EXPECT_EQ(AdmitAll(limits, RpcKind::kHealthWatch, "ipv4:1.1.1.1:1", tickets), 10u);
}

TEST(CallLimits, ARefusedHealthCallLeavesItsPlace) {
  CallLimits::Options options;
  options.max_health_calls = 10;  // One for a connection.
  CallLimits limits(options);
  std::deque<Ticket> tickets(2);
  for (Ticket& ticket : tickets) ASSERT_TRUE(limits.Connect(ticket, "ipv4:1.1.1.1:1").ok());
  ASSERT_TRUE(limits.Admit(tickets[0], RpcKind::kHealthCheck, "").ok());
  ASSERT_FALSE(limits.Admit(tickets[1], RpcKind::kHealthCheck, "").ok());
  EXPECT_TRUE(limits.Refuse(tickets[0]));
  EXPECT_TRUE(limits.Admit(tickets[1], RpcKind::kHealthCheck, "").ok());
  limits.Release(tickets[0]);
  limits.Release(tickets[1]);
  EXPECT_EQ(limits.open(), 0u);
}

TEST(CallLimits, ClientsOfAUnixSocketHaveNoSharesOfAConnection) {
  CallLimits::Options options;
  options.max_health_calls = 100;
  options.max_refusals = 50;
  options.max_refusals_per_connection = 1;
  CallLimits limits(options);
  std::deque<Ticket> tickets;
  EXPECT_EQ(AdmitAll(limits, RpcKind::kHealthWatch, "unix:", tickets), 100u);
  size_t answered = 0;
  for (size_t i = 0; i < 60; ++i) answered += limits.Refuse(tickets[i]) ? 1 : 0;
  EXPECT_EQ(answered, 50u);
}

TEST(CallLimits, ConnectionsThatPeersBringToAnEndDoNotUseUpTheGatewaysOwnLogLines) {
  CallLimits::Options options;
  options.max_streams_per_connection = 0;
  CallLimits limits(options);
  std::deque<Ticket> tickets(1000);
  ::testing::internal::CaptureStderr();
  for (size_t i = 0; i < tickets.size(); ++i) (void)limits.Connect(tickets[i], "ipv4:1.1.1.1:" + std::to_string(i));
  base::FlushLog();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("connection_ended"), std::string::npos);
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 500);
}

TEST(CallLimits, WhatIsRefusedIsCountedByLimit) {
  base::Metrics metrics;
  CallLimits::Options options;
  options.max_calls = 0;
  options.metrics = &metrics;
  CallLimits limits(options);
  Ticket ticket;
  ASSERT_TRUE(limits.Connect(ticket, "ipv4:1").ok());
  EXPECT_FALSE(limits.Admit(ticket, RpcKind::kCall, "a").ok());
  EXPECT_NE(metrics.Scrape().find("seedance_calls_refused_total{limit=\"calls\"} 1"), std::string::npos);
}

struct Waiter : ReceiveGate::Receiver {
  bool wanted = true;
  int places = 0;
  int pushed_out = 0;
  bool OnPlace() override {
    ++places;
    return wanted;
  }
  void OnPushedOut() override { ++pushed_out; }
};

TEST(ReceiveGate, ATenantHasHalfOfThePlacesAndTheRestWaitInTurn) {
  ReceiveGate gate(/*places=*/2, /*max_waiting=*/2, Order::kOldestFirst);
  std::vector<std::shared_ptr<Waiter>> waiters;
  for (int i = 0; i < 4; ++i) waiters.push_back(std::make_shared<Waiter>());
  EXPECT_TRUE(gate.Enter("a", waiters[0]));
  EXPECT_FALSE(gate.Enter("a", waiters[1]));
  EXPECT_TRUE(gate.Enter("b", waiters[2]));
  EXPECT_FALSE(gate.Enter("c", waiters[3]));
  gate.Leave("b");
  EXPECT_EQ(waiters[1]->places, 0);  // `a` has its half.
  EXPECT_EQ(waiters[3]->places, 1);
  gate.Leave("a");
  EXPECT_EQ(waiters[1]->places, 1);
}

TEST(ReceiveGate, WhoIsGoneOrWantsNoPlaceIsPassedOver) {
  ReceiveGate gate(/*places=*/2, /*max_waiting=*/10, Order::kOldestFirst);
  const auto first = std::make_shared<Waiter>();
  auto gone = std::make_shared<Waiter>();
  const auto ended = std::make_shared<Waiter>();
  const auto last = std::make_shared<Waiter>();
  ended->wanted = false;
  EXPECT_TRUE(gate.Enter("a", first));
  for (const auto& waiter : {gone, ended, last}) EXPECT_FALSE(gate.Enter("a", waiter));
  gone.reset();
  gate.Leave("a");
  EXPECT_EQ(ended->places, 1);
  EXPECT_EQ(last->places, 1);
}

TEST(ReceiveGate, WhoIsGoneKeepsNobodyOut) {
  ReceiveGate gate(/*places=*/2, /*max_waiting=*/1, Order::kOldestFirst);
  const auto first = std::make_shared<Waiter>();
  auto gone = std::make_shared<Waiter>();
  const auto last = std::make_shared<Waiter>();
  EXPECT_TRUE(gate.Enter("a", first));
  EXPECT_FALSE(gate.Enter("a", gone));
  gone.reset();
  EXPECT_FALSE(gate.Enter("a", last));
  gate.Leave("a");
  EXPECT_EQ(last->places, 1);
}

TEST(ReceiveGate, ANewcomerTakesThePlaceOfTheOldestThatWaitsAndHasItsTenantsNextTurn) {
  ReceiveGate gate(/*places=*/2, /*max_waiting=*/2, Order::kNewestFirst);
  std::vector<std::shared_ptr<Waiter>> of_a;
  for (int i = 0; i < 4; ++i) {
    of_a.push_back(std::make_shared<Waiter>());
    EXPECT_EQ(gate.Enter("a", of_a.back()), i == 0);
  }
  EXPECT_EQ(of_a[1]->pushed_out, 1);
  const auto held = std::make_shared<Waiter>();
  const auto newcomer = std::make_shared<Waiter>();
  EXPECT_TRUE(gate.Enter("b", held));
  EXPECT_FALSE(gate.Enter("b", newcomer));
  EXPECT_EQ(of_a[2]->pushed_out, 1);  // Of the one that has most.
  const auto newest = std::make_shared<Waiter>();
  EXPECT_FALSE(gate.Enter("a", newest));
  EXPECT_EQ(of_a[3]->pushed_out, 1);
  gate.Leave("b");
  EXPECT_EQ(newcomer->places, 1);
  gate.Leave("a");
  EXPECT_EQ(newest->places, 1);
  EXPECT_EQ(newest->pushed_out + newcomer->pushed_out + held->pushed_out + of_a[0]->pushed_out, 0);
}

TEST(ReceiveGate, OfATenantTheNewestGoesFirstWhereTheOldestIsPushedOut) {
  ReceiveGate gate(/*places=*/1, /*max_waiting=*/9, Order::kNewestFirst);
  std::vector<std::shared_ptr<Waiter>> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.push_back(std::make_shared<Waiter>());
    (void)gate.Enter("a", waiters.back());
  }
  gate.Leave("a");
  EXPECT_EQ(waiters[2]->places, 1);
  EXPECT_EQ(waiters[1]->places, 0);
}

struct Item : DeadlineQueue::Item {
  int overdue = 0;
  bool dying = false;
  std::function<void()> on_overdue = [] {};

 private:
  std::shared_ptr<void> Hold() override {
    return dying ? nullptr : std::shared_ptr<void>(this, [](Item*) {});
  }
  void OnOverdue() override {
    ++overdue;
    on_overdue();
  }
};

TEST(DeadlineQueue, TellsEachOnceWhenItsTimeHasCome) {
  base::SimulatedClock clock(absl::UnixEpoch());
  DeadlineQueue queue(clock);
  Item late;
  Item early;
  Item removed;
  queue.Add(late, absl::Seconds(3));
  queue.Add(early, absl::Seconds(1));
  queue.Add(removed, absl::Seconds(2));
  queue.Remove(removed);
  queue.Remove(removed);
  clock.Advance(absl::Seconds(2));
  queue.Sweep();
  queue.Sweep();
  EXPECT_EQ(early.overdue, 1);
  EXPECT_EQ(late.overdue, 0);
  clock.Advance(absl::Seconds(2));
  queue.Sweep();
  EXPECT_EQ(late.overdue, 1);
  EXPECT_EQ(removed.overdue, 0);
}

TEST(DeadlineQueue, AnItemThatIsAddedAgainHasItsNewDeadlineOnly) {
  base::SimulatedClock clock(absl::UnixEpoch());
  DeadlineQueue queue(clock);
  Item first;
  Item again;
  Item last;
  for (Item* item : {&first, &again, &last}) queue.Add(*item, absl::Seconds(1));
  queue.Add(again, absl::Seconds(3));
  queue.Add(last, absl::Seconds(1));
  clock.Advance(absl::Seconds(1));
  queue.Sweep();
  EXPECT_EQ(first.overdue, 1);
  EXPECT_EQ(last.overdue, 1);
  EXPECT_EQ(again.overdue, 0);
  clock.Advance(absl::Seconds(2));
  queue.Sweep();
  EXPECT_EQ(again.overdue, 1);
}

TEST(DeadlineQueue, WhoIsOverdueMayUseTheQueueAndDestroyOthersOfIt) {
  base::SimulatedClock clock(absl::UnixEpoch());
  DeadlineQueue queue(clock);
  Item first;
  Item other;
  Item dying;
  dying.dying = true;
  for (Item* item : {&first, &dying, &other}) queue.Add(*item, absl::Seconds(item == &other ? 2 : 1));
  first.on_overdue = [&] {
    queue.Remove(other);
    queue.Add(first, absl::Seconds(1));
  };
  clock.Advance(absl::Seconds(1));
  queue.Sweep();
  clock.Advance(absl::Seconds(2));
  first.on_overdue = [] {};
  queue.Sweep();
  EXPECT_EQ(first.overdue, 2);
  EXPECT_EQ(other.overdue, 0);
  EXPECT_EQ(dying.overdue, 0);
}

// A queue that looked for the place of each would take minutes.
TEST(DeadlineQueue, AddingTakesNoLongerWhenOthersHaveMorePatience) {
  base::SimulatedClock clock(absl::UnixEpoch());
  DeadlineQueue queue(clock);
  std::deque<Item> patient(100'000);
  std::deque<Item> others(100'000);
  const absl::Time begin = base::RealClock().Now();
  for (Item& item : patient) queue.Add(item, absl::Seconds(60));
  for (Item& item : others) queue.Add(item, absl::Seconds(10));
  EXPECT_LT(base::RealClock().Now() - begin, absl::Seconds(20));
  clock.Advance(absl::Seconds(10));
  queue.Sweep();
  EXPECT_EQ(others.back().overdue, 1);
  EXPECT_EQ(patient.front().overdue, 0);
}

}  // namespace
}  // namespace seedance::rpc
