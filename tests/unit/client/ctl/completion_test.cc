// What the shells complete.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/cpp/ctl/exit_code.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CompletionTest : public RunTest {
 protected:
  // The words that `seedancectl words...` may be completed with, without their help.
  std::vector<std::string> Complete(std::vector<std::string> words) {
    words.insert(words.begin(), "__complete");
    EXPECT_EQ(Ctl(words), kExitOk);
    EXPECT_EQ(err(), "");
    std::vector<std::string> found;
    for (const absl::string_view line : absl::StrSplit(out(), '\n', absl::SkipEmpty())) {
      found.emplace_back(line.substr(0, line.find('\t')));
    }
    return found;
  }
};

TEST_F(CompletionTest, CommandsAndTheCommandsOfANoun) {
  EXPECT_THAT(Complete({""}), Contains("generate"));
  EXPECT_THAT(Complete({"ge"}), ElementsAre("generate"));
  EXPECT_THAT(Complete({"tasks", "li"}), ElementsAre("list"));
  EXPECT_THAT(Complete({"--output", "json", "tasks", "li"}), ElementsAre("list"));
  EXPECT_THAT(Complete({"tasks", "list", ""}), IsEmpty());
  EXPECT_THAT(Complete({}), Contains("generate"));
}

TEST_F(CompletionTest, OptionsOfTheCommandAndOfAll) {
  EXPECT_THAT(Complete({"generate", "--pro"}), ElementsAre("--prompt"));
  EXPECT_THAT(Complete({"generate", "--endp"}), ElementsAre("--endpoint"));
  EXPECT_THAT(Complete({"tasks", "list", "-"}), Not(Contains("--ref")));
  EXPECT_THAT(Complete({"tasks", "list", "--", "--li"}), IsEmpty());
}

TEST_F(CompletionTest, ValuesOfAnOptionAndOfAnArgument) {
  EXPECT_THAT(Complete({"--output", ""}), ElementsAre("table", "json", "yaml", "name"));
  EXPECT_THAT(Complete({"assets", "list", "-o", "ta"}), ElementsAre("table"));
  EXPECT_THAT(Complete({"completion", "z"}), ElementsAre("zsh"));
  EXPECT_THAT(Complete({"completion", "zsh", ""}), IsEmpty());
  EXPECT_THAT(Complete({"generate", "--prompt", ""}), IsEmpty());
}

TEST_F(CompletionTest, NamesOfFiles) {
  EXPECT_THAT(Complete({"generate", "--download", ""}), ElementsAre(":file"));
  EXPECT_THAT(Complete({"assets", "upload", "he"}), ElementsAre(":file"));
  EXPECT_THAT(Complete({"assets", "upload", "hero.png", "", ""}), IsEmpty());
}

TEST_F(CompletionTest, EachWordComesWithItsHelp) {
  EXPECT_EQ(Ctl({"__complete", "health"}), kExitOk);
  EXPECT_THAT(out(), StartsWith("health\twhether the gateway serves"));
}

TEST_F(CompletionTest, EachShellHasAScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Ctl({"completion", shell}), kExitOk);
    EXPECT_THAT(out(), HasSubstr("__complete"));
    EXPECT_THAT(out(), HasSubstr(std::string("completion ") + shell));
  }
  EXPECT_EQ(Ctl({"completion", "sh"}), kExitInvalidInput);
}

}  // namespace
}  // namespace seedance::client::ctl
