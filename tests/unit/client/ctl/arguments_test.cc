// What people type: references, labels, names, states, times.
#include <gtest/gtest.h>

#include "client/cpp/ctl/labels.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/reference.h"
#include "client/cpp/ctl/session.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Reference;

std::string Parsed(std::string_view text) {
  const absl::StatusOr<Reference> reference = ParseReference(text);
  return reference.ok() ? reference->ShortDebugString() : std::string(reference.status().message());
}

TEST(ParseReferenceTest, AssetWithAndWithoutCollection) {
  EXPECT_EQ(Parsed("anyfast~a1"), "asset: \"assets/anyfast~a1\"");
  EXPECT_EQ(Parsed("assets/anyfast~a1"), "asset: \"assets/anyfast~a1\"");
}

TEST(ParseReferenceTest, OptionsInAnyOrder) {
  const std::string both = "label: \"hero\" role: REFERENCE_ROLE_FIRST_FRAME asset: \"assets/a\"";
  EXPECT_EQ(Parsed("a,role=first_frame,label=hero"), both);
  EXPECT_EQ(Parsed("a,label=hero,role=FIRST_FRAME"), both);
}

TEST(ParseReferenceTest, RolesHaveShortAndLongNames) {
  EXPECT_EQ(Parsed("a,role=video"), Parsed("a,role=reference_video"));
  EXPECT_EQ(Parsed("a,role=audio"), "role: REFERENCE_ROLE_REFERENCE_AUDIO asset: \"assets/a\"");
}

TEST(ParseReferenceTest, EphemeralIsAWordOfItsOwn) {
  EXPECT_EQ(Parsed("https://h/x.png,ephemeral,label=bg"), "label: \"bg\" uri: \"https://h/x.png\" ephemeral: true");
}

TEST(ParseReferenceTest, UrlMayContainCommas) {
  EXPECT_EQ(Parsed("https://h/x,w=100,h=50.png?a=1,2"), "uri: \"https://h/x,w=100,h=50.png?a=1,2\"");
  EXPECT_EQ(Parsed("https://h/x,1.png,role=image"), "role: REFERENCE_ROLE_REFERENCE_IMAGE uri: \"https://h/x,1.png\"");
}

TEST(ParseReferenceTest, MistakesAreNamed) {
  EXPECT_EQ(Parsed("a,role=hero"), "unknown role \"hero\"; use image, first_frame, last_frame, video or audio");
  EXPECT_EQ(Parsed("a,rolle=image"), "unknown option \"rolle=image\" of a reference; use role=, label= or ephemeral");
  EXPECT_EQ(Parsed("a,label="), "label is empty");
  EXPECT_EQ(Parsed("a,label=x,label=y"), "label is given twice");
  EXPECT_EQ(Parsed("a,role=image,role=video"), "role is given twice");
  EXPECT_EQ(Parsed(",label=x"), "a reference needs an asset or a URL before its options");
  EXPECT_EQ(Parsed(""), "a reference needs an asset or a URL before its options");
}

TEST(ParseResolutionTest, TakesWordsInAnyCase) {
  EXPECT_EQ(*ParseResolution("720p"), gateway::v1::RESOLUTION_720P);
  EXPECT_EQ(*ParseResolution("4K"), gateway::v1::RESOLUTION_4K);
  EXPECT_FALSE(ParseResolution("unspecified").ok());
  EXPECT_FALSE(ParseResolution("700p").ok());
}

TEST(ParseTaskStateTest, TakesWordsAndEnumNames) {
  EXPECT_EQ(*ParseTaskState("running"), gateway::v1::GenerationTask::STATE_RUNNING);
  EXPECT_EQ(*ParseTaskState("STATE_SUBMIT_UNKNOWN"), gateway::v1::GenerationTask::STATE_SUBMIT_UNKNOWN);
  EXPECT_FALSE(ParseTaskState("unspecified").ok());
  EXPECT_FALSE(ParseTaskState("").ok());
}

TEST(ParseLabelsTest, ValueMayHoldEqualsSigns) {
  google::protobuf::Map<std::string, std::string> labels;
  ASSERT_TRUE(ParseLabels({"shot=12", "expr=a=b", "empty="}, labels).ok());
  EXPECT_EQ(labels.at("shot"), "12");
  EXPECT_EQ(labels.at("expr"), "a=b");
  EXPECT_EQ(labels.at("empty"), "");
}

TEST(ParseLabelsTest, MistakesAreRefused) {
  google::protobuf::Map<std::string, std::string> labels;
  EXPECT_FALSE(ParseLabels({"shot"}, labels).ok());
  EXPECT_FALSE(ParseLabels({"=12"}, labels).ok());
  EXPECT_FALSE(ParseLabels({"a=1", "a=2"}, labels).ok());
}

TEST(NamesTest, CollectionIsAddedWhereMissing) {
  EXPECT_EQ(GroupName("anyfast~g"), "assetGroups/anyfast~g");
  EXPECT_EQ(TaskName("generationTasks/x"), "generationTasks/x");
  EXPECT_EQ(ShortName("assets/anyfast~a"), "anyfast~a");
}

TEST(ParseTimeoutTest, TakesUnitsAndBareSeconds) {
  EXPECT_EQ(*ParseTimeout("90"), absl::Seconds(90));
  EXPECT_EQ(*ParseTimeout("1h30m"), absl::Minutes(90));
  for (const char* wrong : {"", "soon", "0", "-5s"}) EXPECT_FALSE(ParseTimeout(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace seedance::client::ctl
