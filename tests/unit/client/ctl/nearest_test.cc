#include "client/cpp/ctl/nearest.h"

#include <gtest/gtest.h>

namespace seedance::client::ctl {
namespace {

const std::vector<std::string> kWords = {"generate", "tasks", "assets", "groups", "--prompt", "--download"};

TEST(NearestTest, AMistypedWordIsTheOneWithTheFewestChanges) {
  for (const auto& [typed, meant] : std::vector<std::pair<std::string, std::string>>{{"task", "tasks"},
                                                                                     {"taks", "tasks"},
                                                                                     {"asets", "assets"},
                                                                                     {"gruops", "groups"},
                                                                                     {"genrate", "generate"},
                                                                                     {"--promt", "--prompt"},
                                                                                     {"--downlaod", "--download"}}) {
    EXPECT_EQ(Nearest(typed, kWords), meant) << typed;
  }
}

TEST(NearestTest, AnotherWordIsNoneOfThem) {
  for (const char* typed : {"bogus", "x", "", "--xyz", "list"}) EXPECT_EQ(Nearest(typed, kWords), "") << typed;
  EXPECT_EQ(Nearest("tasks", {}), "");
}

}  // namespace
}  // namespace seedance::client::ctl
