#include "service/config/live_fields.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

namespace seedance::config {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// `upstream`: more fields of the upstream. `more`: more of the file.
GatewayConfig Config(const std::string& upstream = "", const std::string& more = "") {
  const absl::StatusOr<GatewayConfig> config =
      ParseConfig("upstreams: [{name: anyfast, anyfast: {api_key: {env: KEY}}" + upstream + "}]\n" + more);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : GatewayConfig();
}

TEST(LiveFields, NothingDiffersFromItself) {
  const ConfigChange change = CompareConfigs(Config(), Config());
  EXPECT_THAT(change.live, IsEmpty());
  EXPECT_THAT(change.restart, IsEmpty());
}

TEST(LiveFields, EachDifferenceIsNamedByWhatItNeeds) {
  const std::string tenant = "tenants: [{name: a, token_sha256: [" + std::string(64, 'a') + "]}]\n";
  const GatewayConfig before = Config(", rate: {polls_per_second: 5}", tenant + "log: {level: debug}\n");
  const GatewayConfig after = Config(", rate: {polls_per_second: 6, breaker_failures: 9}, tenants: [b]",
                                     "tenants: [{name: b, token_sha256: [" + std::string(64, 'b') + "]}]\n" +
                                         "server: {drain_grace: 9s, max_watch_streams: 8}\n");
  const ConfigChange change = CompareConfigs(before, after);
  EXPECT_THAT(change.live,
              ElementsAre("server.max_watch_streams", "server.max_watch_streams_per_tenant", "upstreams[0].tenants",
                          "upstreams[0].rate.polls_per_second", "tenants", "log.level"));
  EXPECT_THAT(change.restart, ElementsAre("server.drain_grace", "upstreams[0].rate.breaker_failures"));
  const GatewayConfig mixed = WithLiveFields(before, after).value_or(GatewayConfig());
  EXPECT_EQ(mixed.tenants(0).name(), "b");
  EXPECT_EQ(mixed.tenants_size(), 1);
  EXPECT_EQ(mixed.log().level(), "info");
  EXPECT_EQ(mixed.upstreams(0).rate().polls_per_second(), 6);
  EXPECT_EQ(mixed.upstreams(0).rate().breaker_failures(), before.upstreams(0).rate().breaker_failures());
  EXPECT_EQ(mixed.upstreams(0).tenants(0), "b");
  EXPECT_EQ(mixed.server().drain_grace().seconds(), 20);
  EXPECT_THAT(CompareConfigs(mixed, after).live, IsEmpty());
}

TEST(LiveFields, AnotherListOfUpstreamsNeedsARestartAsAWhole) {
  const GatewayConfig one = Config();
  GatewayConfig renamed = one;
  renamed.mutable_upstreams(0)->set_name("other");
  EXPECT_THAT(CompareConfigs(one, renamed).restart, ElementsAre("upstreams"));
  EXPECT_TRUE(MessageDifferencer::Equals(*WithLiveFields(one, renamed), one));
  const GatewayConfig two = Config("}, {name: b, piapi: {api_key: {env: KEY}, plan: developer}");
  EXPECT_THAT(CompareConfigs(one, two).restart, ElementsAre("upstreams"));
}

const std::string kTenants = "tenants: [{name: a, token_sha256: [" + std::string(64, 'a') +
                             "]}, {name: other, token_sha256: [" + std::string(64, 'b') + "]}]\n";

TEST(LiveFields, WhoMayUseAnUpstreamCountsThoughAnotherOneComesOrGoes) {
  const GatewayConfig before =
      Config(", tenants: [a]}, {name: b, piapi: {api_key: {env: KEY}, plan: developer}", kTenants);
  GatewayConfig after = before;
  after.mutable_upstreams(0)->Swap(after.mutable_upstreams(1));
  after.mutable_upstreams(1)->add_tenants("other");
  after.mutable_upstreams(0)->set_name("new");
  const ConfigChange change = CompareConfigs(before, after);
  EXPECT_THAT(change.restart, ElementsAre("upstreams"));
  EXPECT_THAT(change.live, ElementsAre("upstreams[1].tenants"));
  const GatewayConfig mixed = WithLiveFields(before, after).value_or(GatewayConfig());
  ASSERT_EQ(mixed.upstreams_size(), 2);
  EXPECT_THAT(mixed.upstreams(0).tenants(), ElementsAre("a", "other"));
  EXPECT_EQ(mixed.upstreams(1).name(), "b");
}

TEST(LiveFields, WhatIsSafeOnlyWithARestartIsNotTakenOverWithoutIt) {
  const GatewayConfig open =
      Config("", kTenants + "server: {listen: '0.0.0.0:1', tls: {certificate_file: c, private_key_file: k}}\n");
  // Both are good; the open address with nobody to ask for a token is not.
  const absl::StatusOr<GatewayConfig> mixed = WithLiveFields(open, Config("", "server: {listen: '127.0.0.1:1'}\n"));
  EXPECT_EQ(mixed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(mixed.status().message()), HasSubstr("server.listen: is not loopback: set tenants"));
}

TEST(LiveFields, AMessageThatComesOrGoesIsOneField) {
  const ConfigChange change = CompareConfigs(Config(), Config("", "tracing: {otlp_endpoint: 'http://c:4318'}\n"));
  EXPECT_THAT(change.restart, ElementsAre("tracing"));
}

}  // namespace
}  // namespace seedance::config
