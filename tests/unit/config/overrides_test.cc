// Fields that the environment sets instead of the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/config/config.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;

constexpr char kFile[] = "upstreams: [{name: anyfast, anyfast: {api_key: {env: KEY}}}]\nserver: {drain_grace: 5s}\n";

absl::StatusOr<GatewayConfig> With(const std::vector<std::string>& variables, const std::string& file = kFile) {
  std::vector<const char*> environment = {"PATH=/bin", "SEEDANCE_OTHER=1"};
  for (const std::string& variable : variables) environment.push_back(variable.c_str());
  environment.push_back(nullptr);
  return ParseConfig(file, OverridesIn(environment.data()));
}

std::string ProblemWith(const std::string& variable) { return std::string(With({variable}).status().message()); }

TEST(Overrides, SetFieldsOfEveryKind) {
  const auto config =
      With({"SEEDANCE__SERVER__LISTEN=127.0.0.1:9", "SEEDANCE__SERVER__DRAIN_GRACE=7s",
            "SEEDANCE__TASKS__MAX_OPEN_PER_TENANT=3", "SEEDANCE__LOG__LEVEL=debug",
            "SEEDANCE__UPSTREAMS__0__RATE__POLLS_PER_SECOND=2.5",
            "SEEDANCE__UPSTREAMS__0__ANYFAST__API_KEY={file: /run/key}", "SEEDANCE__UPSTREAMS__0__TENANTS=[a]",
            "SEEDANCE__TENANTS__0__NAME=a", "SEEDANCE__TENANTS__0__TOKEN_SHA256=[" + std::string(64, 'a') + "]"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server().listen(), "127.0.0.1:9");
  EXPECT_EQ(config->server().drain_grace().seconds(), 7);
  EXPECT_EQ(config->tasks().max_open_per_tenant(), 3);
  EXPECT_EQ(config->log().level(), "debug");
  EXPECT_EQ(config->upstreams(0).rate().polls_per_second(), 2.5);
  EXPECT_EQ(config->upstreams(0).anyfast().api_key().file(), "/run/key");
  EXPECT_EQ(config->tenants(0).name(), "a");
}

TEST(Overrides, AFileMayBeEmpty) {
  const auto config =
      With({"SEEDANCE__UPSTREAMS=[{name: anyfast, anyfast: {api_key: {env: KEY}}}]", "SEEDANCE__UPSTREAMS__0__NAME=b"},
           "# nothing\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->upstreams(0).name(), "b");
}

TEST(Overrides, EntriesOfAListComeInTheirOrder) {
  std::vector<std::string> variables;
  for (int i = 11; i >= 0; --i) {
    const std::string entry = "SEEDANCE__TENANTS__" + std::to_string(i);
    variables.push_back(entry + "__NAME=t" + std::to_string(i));
    variables.push_back(entry + "__TOKEN_SHA256=['" + std::to_string(i + 10) + std::string(62, '0') + "']");
  }
  const auto config = With(variables);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->tenants_size(), 12);
  EXPECT_EQ(config->tenants(11).name(), "t11");
}

TEST(Overrides, AProblemNamesItsVariable) {
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__DRAIN_GRACE=601s"),
              HasSubstr("environment variable SEEDANCE__SERVER__DRAIN_GRACE: server.drain_grace: must be 0 to 600 s"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__LISEN=x"),
              HasSubstr("environment variable SEEDANCE__SERVER__LISEN: server.lisen: is not a known field"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__LISTEN__PORT=1"), HasSubstr("server.listen: must be a single value"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__DRAIN_GRACE__X=1"),
              HasSubstr("server.drain_grace: is not a map of fields"));
  EXPECT_THAT(ProblemWith("SEEDANCE__UPSTREAMS__2__NAME=x"),
              HasSubstr("upstreams: has 1 entries, so the next one is 1"));
  EXPECT_THAT(ProblemWith("SEEDANCE__UPSTREAMS__X=1"), HasSubstr("upstreams: is not a map of fields"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__0=1"), HasSubstr("server: is not a list"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER__LISTEN={"), HasSubstr("server.listen: is not YAML"));
}

TEST(Overrides, AProblemInsideAValueNamesTheVariableAndNoLineOfTheFile) {
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER={lisen: x}"),
              HasSubstr("environment variable SEEDANCE__SERVER: server.lisen: is not a known field"));
  EXPECT_THAT(ProblemWith("SEEDANCE__SERVER={drain_grace: 601s}"),
              HasSubstr("environment variable SEEDANCE__SERVER: server.drain_grace: must be 0 to 600 s"));
  EXPECT_THAT(ProblemWith("SEEDANCE__TASKS__MAX_OPEN_PER_TENANT=many"),
              ::testing::StartsWith("environment variable SEEDANCE__TASKS__MAX_OPEN_PER_TENANT: "));
}

TEST(Overrides, AFieldIsSetOnce) {
  EXPECT_THAT(std::string(With({"SEEDANCE__LOG__LEVEL=debug", "SEEDANCE__LOG__level=info"}).status().message()),
              HasSubstr("log.level: is set by environment variable SEEDANCE__LOG__"));
}

}  // namespace
}  // namespace seedance::config
