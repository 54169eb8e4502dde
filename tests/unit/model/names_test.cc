#include "service/model/names.h"

#include <gtest/gtest.h>

namespace seedance::model {
namespace {

constexpr char kUuid[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

TEST(Names, HandlesComeBackFromTheirNames) {
  for (const UpstreamHandle& handle :
       {UpstreamHandle{"anyfast", "group-2024"}, UpstreamHandle{"a", "x"}, UpstreamHandle{"v-2", "with~tilde~"},
        UpstreamHandle{"v", std::string(128, 'i')}, UpstreamHandle{"v", "!\"|%&?#"}}) {
    EXPECT_EQ(ParseAssetGroupName(AssetGroupName(handle)), handle);
    EXPECT_EQ(ParseAssetName(AssetName(handle)), handle);
  }
  EXPECT_EQ(AssetGroupName({"anyfast", "g1"}), "assetGroups/anyfast~g1");
  EXPECT_EQ(AssetName({"anyfast", "a1"}), "assets/anyfast~a1");
}

TEST(Names, OtherFormsAreNoNames) {
  for (const std::string& wrong : {std::string(),
                                   std::string("assets/"),
                                   std::string("assets/anyfast"),
                                   std::string("assets/~id"),
                                   std::string("assets/anyfast~"),
                                   std::string("asset/anyfast~id"),
                                   std::string("/assets/anyfast~id"),
                                   std::string("assets/Anyfast~id"),
                                   std::string("assets/9fast~id"),
                                   std::string("assets/any_fast~id"),
                                   std::string("assets/anyfast~a/b"),
                                   std::string("assets/anyfast~a b"),
                                   std::string("assets/anyfast~a\n"),
                                   std::string("assets/anyfast~\x7f"),
                                   std::string("assets/anyfast~é"),
                                   std::string("assetGroups/anyfast~id"),
                                   std::string("assets/anyfast~."),
                                   std::string("assets/anyfast~.."),
                                   "assets/anyfast~" + std::string(129, 'i'),
                                   "assets/" + std::string(33, 'u') + "~id",
                                   std::string("assets/anyfast~a\0b", 18)}) {
    EXPECT_EQ(ParseAssetName(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(ParseAssetGroupName("assets/anyfast~id"), std::nullopt);
}

TEST(Names, TaskNamesHoldAUuid) {
  EXPECT_EQ(GenerationTaskName(kUuid), std::string("generationTasks/") + kUuid);
  EXPECT_EQ(ParseGenerationTaskName(GenerationTaskName(kUuid)), kUuid);
  for (const char* wrong :
       {"", "generationTasks/", "generationTasks/1", "assets/017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "generationTasks/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/x"}) {
    EXPECT_EQ(ParseGenerationTaskName(wrong), std::nullopt) << wrong;
  }
}

TEST(Names, UpstreamNamesAreShortLowerCaseWords) {
  EXPECT_TRUE(IsUpstreamName("a"));
  EXPECT_TRUE(IsUpstreamName("anyfast-2"));
  EXPECT_TRUE(IsUpstreamName(std::string(32, 'z')));
  for (const std::string& wrong : {std::string(), std::string("2fast"), std::string("-a"), std::string("A"),
                                   std::string("a_b"), std::string("a~b"), std::string(33, 'z')}) {
    EXPECT_FALSE(IsUpstreamName(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace seedance::model
