// `seedancectl contexts`, and which gateway a command goes to.
#include "client/cpp/ctl/contexts.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "client/cpp/ctl/exit_code.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ContextsTest : public RunTest {
 protected:
  ContextsTest() { config_file_ = folder_.File("config/seedancectl.yaml"); }

  void Write(const std::string& text) {
    mkdir(folder_.File("config").c_str(), 0700);
    std::ofstream(config_file_) << text;
  }
  absl::StatusOr<Connection> Choose(const Connection& given, const std::string& name = "") {
    std::ostringstream out;
    Console console(out, out);
    console.config_file = config_file_;
    console.endpoint = environment_;
    console.context = context_of_environment_;
    return ChooseConnection(console, given, name);
  }
  static std::string Problem(const absl::StatusOr<Connection>& connection) {
    return std::string(connection.status().message());
  }

  testing::TempDir folder_;
  std::string environment_;
  std::string context_of_environment_;
};

constexpr char kTwo[] = R"(
current: studio
contexts:
  studio: {endpoint: "studio:443", tls: true, token_file: /studio/token}
  local: {endpoint: "127.0.0.1:9"}
)";

TEST_F(ContextsTest, AreSetUsedListedAndDeleted) {
  EXPECT_EQ(Ctl({"contexts", "list"}), kExitOk);
  EXPECT_THAT(out(), IsEmpty());
  ASSERT_EQ(Ctl({"contexts", "set", "studio", "--endpoint", "studio:443", "--tls", "--token-file", "/t"}), kExitOk);
  ASSERT_EQ(Ctl({"contexts", "set", "it's \"local\"", "--endpoint", "127.0.0.1:9"}), kExitOk);
  EXPECT_EQ(Ctl({"contexts", "list"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("*        studio        studio:443   yes  /t\n"));
  ASSERT_EQ(Ctl({"contexts", "use", "it's \"local\""}), kExitOk);
  EXPECT_EQ(Choose({})->endpoint, "127.0.0.1:9");
  EXPECT_EQ(Ctl({"contexts", "list", "-o", "name"}), kExitOk);
  EXPECT_EQ(out(), "it's \"local\"\nstudio\n");
  ASSERT_EQ(Ctl({"contexts", "delete", "it's \"local\""}), kExitOk);
  EXPECT_EQ(Choose({})->endpoint, "127.0.0.1:8443");
  struct stat file {};
  ASSERT_EQ(stat(config_file_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(ContextsTest, WhatCannotBeDoneIsSaid) {
  EXPECT_EQ(Ctl({"contexts", "use", "none"}), kExitNotFound);
  EXPECT_THAT(err(), HasSubstr("there is no context none"));
  EXPECT_EQ(Ctl({"contexts", "delete", "none"}), kExitNotFound);
  EXPECT_EQ(Ctl({"contexts", "set", "x"}), kExitInvalidInput);
  EXPECT_THAT(err(), HasSubstr("--endpoint"));
  EXPECT_EQ(Ctl({"--context", "none", "groups", "list"}), kExitInvalidInput);
  EXPECT_THAT(err(), HasSubstr("no context none in " + config_file_));
  config_file_ = "/proc/seedancectl.yaml";
  EXPECT_NE(Ctl({"contexts", "set", "x", "--endpoint", "h:1"}), kExitOk);
  EXPECT_THAT(err(), HasSubstr("cannot write /proc/seedancectl.yaml"));
  config_file_ = "";
  EXPECT_NE(Ctl({"contexts", "set", "x", "--endpoint", "h:1"}), kExitOk);
  EXPECT_THAT(err(), HasSubstr("SEEDANCE_CONFIG"));
}

TEST_F(ContextsTest, TheCurrentOneIsTakenWhereNothingIsSaid) {
  Write(kTwo);
  const absl::StatusOr<Connection> chosen = Choose({});
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  EXPECT_EQ(chosen->endpoint, "studio:443");
  EXPECT_EQ(chosen->token_file, "/studio/token");
  EXPECT_TRUE(chosen->UsesTls());
  EXPECT_EQ(Choose({}, "local")->endpoint, "127.0.0.1:9");
  context_of_environment_ = "local";
  EXPECT_EQ(Choose({})->endpoint, "127.0.0.1:9");
  EXPECT_EQ(Choose({}, "studio")->endpoint, "studio:443");
}

TEST_F(ContextsTest, TheTokenOfTheEnvironmentStaysWithItsEndpoint) {
  Write(kTwo);
  std::ostringstream out;
  Console console(out, out);
  console.token = "secret";
  Connection chosen;
  chosen.endpoint = "127.0.0.1:9";
  EXPECT_EQ(TokenFor(chosen, console, {}), "secret") << "no endpoint is said with it";
  console.endpoint = "of-environment:1";
  EXPECT_EQ(TokenFor(chosen, console, {}), "") << "of a context";
  EXPECT_EQ(TokenFor(chosen, console, chosen), "secret") << "typed";
  chosen.endpoint = console.endpoint;
  EXPECT_EQ(TokenFor(chosen, console, {}), "secret");
}

TEST_F(ContextsTest, WhatNeedsNoGatewayRunsWhateverTheContextsAre) {
  Write("current: gone");
  EXPECT_EQ(Ctl({"--context", "gone", "groups", "list"}), kExitInvalidInput);
  EXPECT_EQ(Ctl({"--context", "gone", "completion", "bash"}), kExitOk);
  EXPECT_EQ(Ctl({"--context", "gone", "contexts", "list"}), kExitOk);
  EXPECT_EQ(Ctl({"contexts", "set", "gone", "--endpoint", "h:1"}), kExitOk);
}

TEST_F(ContextsTest, AreListedInEveryFormatAndFilesByTheirWholePath) {
  ASSERT_EQ(Ctl({"contexts", "set", "studio", "--endpoint", "studio:443", "--ca-file", "ca.pem"}), kExitOk);
  const std::string whole = std::filesystem::current_path() / "ca.pem";
  EXPECT_EQ(Ctl({"contexts", "list", "-o", "json"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("\"ca_file\":\"" + whole + "\""));
  EXPECT_EQ(Ctl({"contexts", "list", "-o", "yaml"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("name: \"studio\""));
  EXPECT_EQ(Choose({})->ca_file, whole);
}

TEST_F(ContextsTest, ItsTokenNeverGoesToAnotherGateway) {
  Write(kTwo);
  Connection given;
  given.endpoint = "elsewhere:1";
  EXPECT_EQ(Choose(given)->token_file, "");
  EXPECT_FALSE(Choose(given)->UsesTls());
  environment_ = "of-environment:1";
  EXPECT_EQ(Choose({})->endpoint, "of-environment:1");
  EXPECT_EQ(Choose({})->token_file, "");
  // Both by name: a tunnel to the same gateway.
  EXPECT_EQ(Choose(given, "studio")->endpoint, "elsewhere:1");
  EXPECT_EQ(Choose(given, "studio")->token_file, "/studio/token");
  EXPECT_EQ(Choose({}, "studio")->endpoint, "studio:443");
  environment_ = "";
  context_of_environment_ = "studio";
  EXPECT_EQ(Choose(given)->token_file, "") << "typed, and nobody typed the context";
}

TEST_F(ContextsTest, AFileThatIsNotUnderstoodIsRefusedWithThePlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"[1]", "not a map"},
      {"curent: x", "curent is not known"},
      {"contexts: 7", "contexts is not known, or not a map"},
      {"contexts: {a: b}", "contexts.a has no members"},
      {"contexts: {a: {token: b}}", "contexts.a.token is not known"},
      {"contexts: {a: {tls: perhaps}}", "bad conversion"},
      {"contexts: {a: ", "line 1"},
      {"current: gone\ncontexts: {}", "no context gone"},
  };
  for (const auto& [text, problem] : cases) {
    Write(text);
    EXPECT_THAT(Problem(Choose({})), HasSubstr(problem)) << text;
    EXPECT_THAT(Problem(Choose({})), HasSubstr(config_file_)) << text;
  }
}

}  // namespace
}  // namespace seedance::client::ctl
