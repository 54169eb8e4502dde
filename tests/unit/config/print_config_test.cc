#include "service/config/print_config.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/config/parsed.h"

namespace seedance::config {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kShortConfig[] = "upstreams: [{name: anyfast, anyfast: {api_key: {env: KEY}}}]\n";

TEST(PrintConfig, OnlyWhatDiffersIsPrintedAndIsTheSameWhenItIsReadAgain) {
  for (const std::string more :
       {"", "server: {drain_grace: 7s, listen: '127.0.0.1:8443'}\n", "tracing: {otlp_endpoint: 'http://c:4318'}\n",
        "admin: {listen: '127.0.0.1:0', max_tenants_in_metrics: 5}\ntasks: {lost_after_time: 0s}\n",
        "store: {postgres: {connection: host=db, replicas: {}}}\nlog: {level: debug}\n"}) {
    const GatewayConfig config = Parsed(kShortConfig + more);
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(PrintConfig(config, /*all=*/false)), config)) << more;
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(PrintConfig(config, /*all=*/true)), config)) << more;
  }
  const std::string text =
      PrintConfig(Parsed(std::string(kShortConfig) + "server: {drain_grace: 7s, listen: '127.0.0.1:8443'}"), false);
  EXPECT_THAT(text, HasSubstr("\"drain_grace\": \"7s\""));
  EXPECT_THAT(text, Not(HasSubstr("listen")));
  EXPECT_THAT(text, Not(HasSubstr("heartbeat_interval")));
  EXPECT_LT(text.size(), 400u) << text;
}

TEST(PrintConfig, HashesOfTokensAreReplacedByDifferentOnes) {
  const std::string one(64, 'a');
  const std::string two(64, 'b');
  const GatewayConfig config =
      Parsed(std::string(kShortConfig) + "tenants: [{name: t, token_sha256: [" + one + ", " + two + "]}]\n");
  for (const bool all : {false, true}) {
    const std::string text = PrintConfig(config, all);
    EXPECT_THAT(text, Not(HasSubstr(one)));
    EXPECT_EQ(Parsed(text).tenants(0).token_sha256_size(), 2);
  }
}

}  // namespace
}  // namespace seedance::config
