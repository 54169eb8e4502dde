#include "service/base/cancel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace seedance::base {
namespace {

TEST(CancelToken, CallbacksRunOnceInOrder) {
  CancelToken token;
  std::vector<int> ran;
  token.OnCancel([&] { ran.push_back(1); });
  token.OnCancel([&] { ran.push_back(2); });
  EXPECT_FALSE(token.cancelled());
  token.Cancel();
  token.Cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
}

TEST(CancelToken, CallbackOfACancelledTokenRunsAtOnce) {
  CancelToken token;
  token.Cancel();
  bool ran = false;
  token.OnCancel([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(CancelToken, RemovedCallbackDoesNotRun) {
  CancelToken token;
  bool first = false;
  bool second = false;
  const uint64_t id = token.OnCancel([&] { first = true; });
  token.OnCancel([&] { second = true; });
  token.Remove(id);
  token.Cancel();
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
}

TEST(CancelToken, RemovingWhatRanIsHarmless) {
  CancelToken token;
  const uint64_t id = token.OnCancel([] {});
  token.Cancel();
  token.Remove(id);
  token.Remove(token.OnCancel([] {}));
  token.Remove(12345);
}

TEST(CancelToken, RemoveWaitsForTheRunningCallback) {
  CancelToken token;
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> finished{false};
  const uint64_t id = token.OnCancel([&] {
    inside = true;
    inside.notify_all();
    leave.wait(false);
    finished = true;
  });
  std::thread canceller([&] { token.Cancel(); });
  inside.wait(false);
  std::thread remover([&] {
    token.Remove(id);
    EXPECT_TRUE(finished) << "Remove returned while the callback ran";
  });
  leave = true;
  leave.notify_all();
  remover.join();
  canceller.join();
}

TEST(CancelToken, WhatACallbackHoldsIsReleased) {
  CancelToken token;
  auto held = std::make_shared<int>(1);
  token.OnCancel([held] {});
  const uint64_t removed = token.OnCancel([held] {});
  EXPECT_EQ(held.use_count(), 3);
  token.Remove(removed);
  EXPECT_EQ(held.use_count(), 2);
  token.Cancel();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(CancelToken, EachCallbackRunsOnceHoweverThreadsRace) {
  constexpr int kCallbacks = 200;
  CancelToken token;
  std::vector<std::atomic<int>> runs(kCallbacks);
  std::thread adder([&] {
    for (auto& run : runs) token.OnCancel([&run] { ++run; });
  });
  std::thread first([&] { token.Cancel(); });
  std::thread second([&] { token.Cancel(); });
  adder.join();
  first.join();
  second.join();
  for (const auto& run : runs) EXPECT_EQ(run, 1);
}

}  // namespace
}  // namespace seedance::base
