// How seedancectl answers people who do not know its commands.
#include <gmock/gmock.h>

#include "client/cpp/ctl/run.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class UsageTest : public RunTest {};

TEST_F(UsageTest, HelpTeachesAtEachLevel) {
  EXPECT_EQ(Ctl({"--help"}), 0);
  EXPECT_THAT(out(), HasSubstr("Exit codes:"));
  EXPECT_THAT(out(), HasSubstr("Examples:"));
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"groups"},
                                                                                       {"groups", "create"},
                                                                                       {"assets"},
                                                                                       {"assets", "upload"},
                                                                                       {"assets", "wait"},
                                                                                       {"generate"},
                                                                                       {"tasks"},
                                                                                       {"tasks", "list"},
                                                                                       {"tasks", "cancel"},
                                                                                       {"tasks", "delete"},
                                                                                       {"tasks", "reconcile"},
                                                                                       {"download"}}) {
    std::vector<std::string> words = command;
    words.push_back("--help");
    EXPECT_EQ(Ctl(words), 0);
    EXPECT_THAT(out(), HasSubstr("Examples:\n  seedancectl " + command[0])) << out();
  }
}

TEST_F(UsageTest, WrongUsageIsExitCode2WithAMessage) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"bogus"},
                                             {"groups", "create"},
                                             {"groups", "list", "-o", "xml"},
                                             {"groups", "list", "extra"},
                                             {"tasks", "list", "--state", "bogus"},
                                             {"tasks", "list", "--timeout", "soon"},
                                             {"groups", "update", "g"},
                                             {"generate", "--ref", "a,role=bogus"},
                                             {"assets", "upload", "/nonexistent", "--group", "g"},
                                             {"--token-file", "/nonexistent", "groups", "list"}}) {
    EXPECT_EQ(Ctl(words), 2) << ::testing::PrintToString(words);
    EXPECT_THAT(err(), Not(IsEmpty()));
    EXPECT_THAT(out(), IsEmpty());
  }
  EXPECT_EQ(Ctl({"groups", "list", "-o", "xml", "extra"}), 2);
  EXPECT_THAT(err(), HasSubstr("xml"));
  EXPECT_EQ(Ctl({"bogus"}), 2);
  EXPECT_THAT(err(), StartsWith("no such command or option: bogus\n"));
}

TEST_F(UsageTest, AMistypedWordIsAnsweredWithTheOneThatWasMeant) {
  for (const auto& [words, meant] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"taks", "list"}, "taks; did you mean tasks?"},
           {{"tasks", "lsit"}, "lsit; did you mean list?"},
           {{"generate", "--promt", "a cat"}, "--promt; did you mean --prompt?"},
           {{"groups", "list", "--endpont", "h:1"}, "--endpont; did you mean --endpoint?"}}) {
    EXPECT_EQ(Ctl(words), 2);
    EXPECT_THAT(err(), StartsWith("no such command or option: " + meant + "\n"));
    EXPECT_THAT(out(), IsEmpty());
  }
}

TEST_F(UsageTest, HelpIsGivenWhateverElseIsTyped) {
  EXPECT_EQ(Ctl({"tasks", "--help", "bogus"}), 0);
  EXPECT_THAT(out(), HasSubstr("  list"));
}

TEST_F(UsageTest, ACommandThatOnlyHoldsOthersShowsThem) {
  EXPECT_EQ(Ctl({}), 0);
  EXPECT_THAT(out(), HasSubstr("  generate"));
  EXPECT_THAT(out(), HasSubstr("--context"));
  EXPECT_EQ(Ctl({"groups"}), 0);
  EXPECT_THAT(out(), HasSubstr("Usage: seedancectl groups "));
  EXPECT_THAT(out(), HasSubstr("  create"));
  EXPECT_THAT(err(), IsEmpty());
}

}  // namespace
}  // namespace seedance::client::ctl
