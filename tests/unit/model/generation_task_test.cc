#include "service/model/generation_task.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::model {
namespace {

namespace v1 = seedance::gateway::v1;
using S = TaskState;

constexpr int kStates = 11;

TEST(TaskState, NamesAndNumbersAreThoseOfTheProto) {
  const auto* proto = v1::GenerationTask::State_descriptor();
  ASSERT_EQ(proto->value_count(), kStates);
  EXPECT_EQ(TaskStateName(S::kUnspecified), "UNSPECIFIED");
  for (int i = 1; i < kStates; ++i) {
    EXPECT_EQ(proto->FindValueByNumber(i)->name(), "STATE_" + std::string(TaskStateName(static_cast<S>(i))));
  }
}

TEST(TaskState, TerminalOnesAreTheFiveEnds) {
  const std::set<S> ends = {S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired, S::kLost};
  for (int i = 0; i < kStates; ++i) {
    const S state = static_cast<S>(i);
    EXPECT_EQ(IsTerminal(state), ends.count(state) == 1) << TaskStateName(state);
  }
}

TEST(TaskState, OnlyTheseChangesAreAllowed) {
  const std::map<S, std::set<S>> allowed = {
      {S::kUnspecified, {S::kPending}},
      {S::kPending, {S::kSubmitting, S::kFailed, S::kCancelled, S::kExpired}},
      {S::kSubmitting,
       {S::kPending, S::kQueued, S::kRunning, S::kSucceeded, S::kFailed, S::kSubmitUnknown, S::kExpired}},
      {S::kQueued, {S::kRunning, S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired, S::kLost}},
      {S::kRunning, {S::kQueued, S::kSucceeded, S::kFailed, S::kCancelled, S::kExpired, S::kLost}},
      {S::kSubmitUnknown, {S::kQueued, S::kRunning, S::kSucceeded, S::kFailed, S::kExpired}},
  };
  for (int from = 0; from < kStates; ++from) {
    for (int to = 0; to < kStates; ++to) {
      const S before = static_cast<S>(from);
      const S after = static_cast<S>(to);
      const auto row = allowed.find(before);
      const bool expected = row != allowed.end() && (before == after || row->second.count(after) == 1);
      EXPECT_EQ(CanChange(before, after), expected) << TaskStateName(before) << " -> " << TaskStateName(after);
    }
  }
}

TEST(TaskState, NothingLeavesATerminalStateNotEvenToItself) {
  for (int from = 0; from < kStates; ++from) {
    if (!IsTerminal(static_cast<S>(from))) continue;
    for (int to = 0; to < kStates; ++to) EXPECT_FALSE(CanChange(static_cast<S>(from), static_cast<S>(to)));
  }
}

TEST(TaskState, WhatMayHaveBeenAcceptedIsNeverSentAgain) {
  EXPECT_FALSE(CanChange(S::kSubmitUnknown, S::kPending));
  EXPECT_FALSE(CanChange(S::kSubmitUnknown, S::kSubmitting));
  EXPECT_FALSE(CanChange(S::kQueued, S::kPending));
  EXPECT_FALSE(CanChange(S::kRunning, S::kSubmitting));
}

TEST(TaskState, EveryOpenStateCanEnd) {
  for (int from = 1; from < kStates; ++from) {
    if (IsTerminal(static_cast<S>(from))) continue;
    EXPECT_TRUE(CanChange(static_cast<S>(from), S::kExpired)) << TaskStateName(static_cast<S>(from));
    EXPECT_TRUE(CanChange(static_cast<S>(from), S::kFailed)) << TaskStateName(static_cast<S>(from));
  }
}

TEST(Resolution, NamesAreTheProtosInLowerCase) {
  const auto* proto = v1::Resolution_descriptor();
  EXPECT_EQ(ResolutionName(Resolution::kUnspecified), "");
  for (int i = 1; i < proto->value_count(); ++i) {
    std::string name(ResolutionName(static_cast<Resolution>(i)));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(proto->FindValueByNumber(i)->name(), "RESOLUTION_" + name);
  }
}

TEST(Enums, RolesAndProgressSourcesHaveTheProtosNumbers) {
  EXPECT_EQ(static_cast<int>(ReferenceRole::kReferenceImage), v1::REFERENCE_ROLE_REFERENCE_IMAGE);
  EXPECT_EQ(static_cast<int>(ReferenceRole::kFirstFrame), v1::REFERENCE_ROLE_FIRST_FRAME);
  EXPECT_EQ(static_cast<int>(ReferenceRole::kLastFrame), v1::REFERENCE_ROLE_LAST_FRAME);
  EXPECT_EQ(static_cast<int>(ReferenceRole::kReferenceVideo), v1::REFERENCE_ROLE_REFERENCE_VIDEO);
  EXPECT_EQ(static_cast<int>(ReferenceRole::kReferenceAudio), v1::REFERENCE_ROLE_REFERENCE_AUDIO);
  EXPECT_EQ(static_cast<int>(ProgressSource::kReported), v1::PROGRESS_SOURCE_REPORTED);
  EXPECT_EQ(static_cast<int>(ProgressSource::kEstimated), v1::PROGRESS_SOURCE_ESTIMATED);
}

TEST(GenerationTaskTest, TheSizeOfATaskCountsAllItsTexts) {
  GenerationTask task;
  const size_t bare = EstimatedBytes(task);
  task.request.prompt = std::string(1000, 'p');
  task.request.sent_prompt = std::string(1000, 'p');
  task.request.references.resize(2);
  task.request.references[0].uri = std::string(1000, 'u');
  task.request.references[1].asset = UpstreamHandle{"fake", std::string(100, 'i')};
  task.request.labels["key"] = std::string(200, 'v');
  task.warnings.push_back(std::string(300, 'w'));
  task.result.video_uri = std::string(400, 'r');
  EXPECT_GE(EstimatedBytes(task), bare + 4000);
  EXPECT_LE(EstimatedBytes(task), bare + 4200);
}

}  // namespace
}  // namespace seedance::model
