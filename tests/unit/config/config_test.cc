#include "service/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "service/config/config_rules.h"
#include "service/config/engine_config.h"
#include "service/config/print_config.h"
#include "tests/unit/config/parsed.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHash(64, 'a');

// The shortest good file.
const char kUpstream[] = R"(
upstreams:
- name: any
  anyfast:
    api_key: {env: KEY}
)";

TEST(Config, DefaultsAreThoseOfTheSchema) {
  const auto config = ParseConfig(kUpstream);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server().listen(), "127.0.0.1:8443");
  EXPECT_EQ(config->server().drain_grace().seconds(), 20);
  EXPECT_EQ(config->server().heartbeat_interval().seconds(), 20);
  EXPECT_EQ(config->server().max_watch_streams(), 20000);
  EXPECT_EQ(config->server().max_watch_streams_per_tenant(), 20000);
  EXPECT_EQ(config->server().max_connection_age().seconds(), 1800);
  EXPECT_EQ(config->server().max_connection_age_grace().seconds(), 600);
  EXPECT_EQ(config->server().drain_delay().seconds(), 0);
  EXPECT_EQ(config->store().sqlite().wait_for_lock().seconds(), 0);
  EXPECT_EQ(config->store().sqlite().check_time().seconds(), 2);
  EXPECT_EQ(config->store().probe_interval().seconds(), 2);
  EXPECT_EQ(config->server().create_wait().seconds(), 10);
  EXPECT_EQ(config->server().call_threads(), 8);
  EXPECT_FALSE(config->server().has_tls());
  EXPECT_EQ(config->store().sqlite().path(), "seedance-gateway.db");
  const auto& anyfast = config->upstreams(0).anyfast();
  EXPECT_EQ(anyfast.base_url(), "https://www.anyfast.ai");
  EXPECT_EQ(anyfast.default_model(), "seedance");
  EXPECT_EQ(anyfast.http().connect_timeout().seconds(), 5);
  EXPECT_EQ(anyfast.http().read_timeout().seconds(), 30);
  EXPECT_EQ(anyfast.http().submit_timeout().seconds(), 300);
  EXPECT_EQ(anyfast.http().transfer_timeout().seconds(), 900);
  EXPECT_EQ(anyfast.http().max_submits(), 32);
  EXPECT_EQ(anyfast.http().max_polls(), 32);
  EXPECT_EQ(anyfast.http().max_transfers(), 32);
  EXPECT_EQ(anyfast.usage_log().mode(), "on");
  EXPECT_FALSE(anyfast.usage_log().exclusive_key());
  EXPECT_EQ(anyfast.usage_log().tag(), "seed");
  EXPECT_EQ(anyfast.usage_log().read_interval().seconds(), 61) << "20 reads in 20 minutes are allowed";
  EXPECT_EQ(anyfast.usage_log().lag().seconds(), 60);
  EXPECT_EQ(anyfast.usage_log().cost_interval().seconds(), 900);
  EXPECT_EQ(anyfast.usage_log().quota_per_unit(), 500'000);
  EXPECT_EQ(anyfast.usage_log().currency(), "USD");
  EXPECT_FALSE(anyfast.usage_log().key_in_query());
  EXPECT_EQ(anyfast.usage_log().taken_within().seconds(), 300);
  EXPECT_EQ(config->tasks().poll_interval_queued().seconds(), 15);
  EXPECT_EQ(config->tasks().poll_interval_running().seconds(), 10);
  EXPECT_EQ(config->tasks().poll_interval_asset().seconds(), 3);
  EXPECT_EQ(config->tasks().deadline().seconds(), 7200);
  EXPECT_EQ(config->tasks().submit_unknown_deadline().seconds(), 86400);
  EXPECT_EQ(config->tasks().lost_after_count(), 5);
  EXPECT_EQ(config->tasks().result_patience().seconds(), 300);
  EXPECT_EQ(config->tasks().lost_after_time().seconds(), 120);
  EXPECT_EQ(config->tasks().poll_interval_with_webhooks().seconds(), 120);
  EXPECT_EQ(config->tasks().poll_interval_unwatched().seconds(), 30);
  EXPECT_EQ(config->tasks().poll_interval_watched().seconds(), 5);
  EXPECT_EQ(config->tasks().max_open_per_tenant(), 100000);
  EXPECT_EQ(config->upstreams(0).rate().polls_per_second(), 50);
  EXPECT_EQ(config->upstreams(0).rate().submits_per_second(), 10);
  EXPECT_EQ(config->upstreams(0).rate().breaker_failures(), 10);
  EXPECT_EQ(config->upstreams(0).rate().breaker_pause().seconds(), 5);
  EXPECT_EQ(config->upstreams(0).rate().max_retry_after().seconds(), 300);
  EXPECT_FALSE(config->upstreams(0).anyfast().http().allow_private_links());
  EXPECT_EQ(config->tasks().retention().seconds(), 30 * 24 * 3600);
  EXPECT_EQ(config->media_fetch().timeout().seconds(), 60);
  EXPECT_EQ(config->media_fetch().max_fetches(), 16);
  EXPECT_EQ(config->transfers().least_bytes_per_second(), 16384);
  EXPECT_EQ(config->transfers().window().seconds(), 10);
  EXPECT_FALSE(config->media_fetch().allow_private_network());
  EXPECT_FALSE(config->has_admin());
  EXPECT_EQ(config->log().level(), "info");
}

TEST(Config, ReadsEveryFieldOfAFullFile) {
  const auto config = ParseConfig(R"(
server:
  listen: 0.0.0.0:0
  allow_insecure_listen: false
  drain_grace: 0s
  heartbeat_interval: 500ms
  max_watch_streams: 5
  create_wait: 0.25s
  tls: {certificate_file: c.pem, private_key_file: k.pem, client_ca_file: ca.pem}
  call_threads: 3
  port_file: /tmp/port
store: {sqlite: {path: /tmp/x.db}}
upstreams:
- name: any
  tenants: [acme]
  limits: {models: [{name: 12345, like: seedance}]}
  anyfast:
    base_url: http://localhost:1/prefix/
    api_key: {file: key}
    default_model: 12345
    allow_plain_http: true
    http: {connect_timeout: 1s, read_timeout: 2s, submit_timeout: 3s, transfer_timeout: 4s, max_submits: 5,
           max_polls: 6, max_transfers: 7, ca_file: ca, proxy: "http://user:pass@proxy:3128"}
tenants:
- name: acme
  token_sha256: [)" + kHash + R"(]
tasks: {poll_interval_queued: 1s, poll_interval_running: 2s, poll_interval_asset: 0.05s, deadline: 2h,
        poll_interval_watched: 0.5s,
        submit_unknown_deadline: 9s, lost_after_count: 2, lost_after_time: 0s}
log: {level: debug}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server().drain_grace().seconds(), 0);
  EXPECT_EQ(config->server().heartbeat_interval().nanos(), 500'000'000);
  EXPECT_EQ(config->server().create_wait().nanos(), 250'000'000);
  EXPECT_EQ(config->upstreams(0).anyfast().base_url(), "http://localhost:1/prefix");
  EXPECT_EQ(config->upstreams(0).anyfast().default_model(), "12345");
  EXPECT_EQ(config->tasks().deadline().seconds(), 7200);
  EXPECT_EQ(RpcContextOptions(*config).heartbeat_interval, absl::Milliseconds(500));
  EXPECT_EQ(RpcContextOptions(*config).tokens.size(), 1u);
  EXPECT_EQ(EngineOptions(*config)->asset_tracker.poll_interval, absl::Milliseconds(50));
  EXPECT_EQ(EngineOptions(*config)->task_tracker.poll_interval_watched, absl::Milliseconds(500));

  const std::string printed = PrintConfig(*config, /*all=*/true);
  EXPECT_THAT(printed, Not(HasSubstr(kHash)));
  EXPECT_THAT(printed, Not(HasSubstr("pass")));
  EXPECT_THAT(printed, HasSubstr("\"max_watch_streams\": 5"));
}

struct BadConfig {
  const char* yaml;     // Put after the good upstream.
  const char* problem;  // Part of the message.
};

TEST(Config, EveryBrokenRuleIsNamedWithItsPath) {
  for (const BadConfig& each : {
           BadConfig{"sever: {}", "line 6: sever: is not a known field"},
           BadConfig{"server: {lisen: x}", "server.lisen: is not a known field"},
           BadConfig{"server: []", "server: must be a map"},
           BadConfig{"server: {listen: [1]}", "server.listen: must be a single value"},
           BadConfig{"server: {listen: localhost}", "server.listen: must have the form host:port"},
           BadConfig{"server: {listen: 'localhost:99999'}", "server.listen: must have the form host:port"},
           BadConfig{"server: {drain_grace: 20}", "server.drain_grace: must be a duration with its unit"},
           BadConfig{"server: {drain_grace: 601s}", "server.drain_grace: must be 0 to 600 s, is 601 s"},
           BadConfig{"server: {drain_grace: -1s}", "server.drain_grace: must be 0 to 600 s, is -1 s"},
           BadConfig{"server: {drain_grace: inf}", "server.drain_grace: must be a duration"},
           BadConfig{"server: {heartbeat_interval: 0.01s}", "server.heartbeat_interval: must be 0.1 to 60 s"},
           BadConfig{"server: {create_wait: 61s}", "server.create_wait: must be 0 to 60 s"},
           BadConfig{"server: {max_watch_streams: -1}", "server.max_watch_streams: must be 1 to 1000000, is -1"},
           BadConfig{"server: {max_watch_streams: many}", "server.max_watch_streams: must be a whole number"},
           BadConfig{"server: {max_watch_streams_per_tenant: -1}",
                     "server.max_watch_streams_per_tenant: must be 1 to 1000000"},
           BadConfig{"server: {call_limits: {max_calls: -1}}",
                     "server.call_limits.max_calls: must be 1 to 1000000, is -1"},
           BadConfig{"server: {call_limits: {max_calls_per_tenant: 1000001}}",
                     "server.call_limits.max_calls_per_tenant: must"},
           BadConfig{"server: {call_limits: {max_streams_per_connection: -1}}",
                     "server.call_limits.max_streams_per_connection: must be 1 to 1000000"},
           BadConfig{"server: {call_limits: {max_answer_bytes: 1}}",
                     "server.call_limits.max_answer_bytes: must be 1048576"},
           BadConfig{"server: {call_limits: {max_answer_bytes_per_tenant: 1}}",
                     "server.call_limits.max_answer_bytes_per_tenant: must be 1048576"},
           BadConfig{"server: {call_limits: {receive_timeout: 0s}}",
                     "server.call_limits.receive_timeout: must be 0.1 to 600 s"},
           BadConfig{"server: {call_limits: {answer_timeout: 3601s}}",
                     "server.call_limits.answer_timeout: must be 0.1 to 3600 s"},
           BadConfig{"server: {call_limits: {max_receiving: 1}}",
                     "server.call_limits.max_receiving: must be 2 to 10000"},
           BadConfig{"server: {call_limits: {max_health_calls: -1}}",
                     "server.call_limits.max_health_calls: must be 1 to"},
           BadConfig{"server: {call_limits: {max_reflection_streams: -1}}",
                     "server.call_limits.max_reflection_streams: must be 0 to 10000, is -1"},
           BadConfig{"server: {call_limits: {max_grpc_memory_bytes: 1}}",
                     "server.call_limits.max_grpc_memory_bytes: must be 16777216"},
           BadConfig{"server: {max_connection_age: -1s}", "server.max_connection_age: must be 0 to 86400 s"},
           BadConfig{"server: {max_connection_age: 0.5s}",
                     "server.max_connection_age: must be 0 s (never) or at least 1 s"},
           BadConfig{"server: {max_connection_age_grace: 0.9s}",
                     "server.max_connection_age_grace: must be 1 to 86400 s"},
           BadConfig{"server: {max_connection_age_grace: 449s}",
                     "server.max_connection_age_grace: must be at least a quarter of max_connection_age"},
           BadConfig{"server: {max_connection_age: 2401s}",
                     "server.max_connection_age_grace: must be at least a quarter of max_connection_age"},
           BadConfig{"server: {drain_delay: 10.1s}", "server.drain_delay: must be at most half of drain_grace"},
           BadConfig{"server: {drain_grace: 0s, drain_delay: 1s}",
                     "server.drain_delay: must be at most half of drain_grace"},
           BadConfig{"server: {drain_delay: -1s}", "server.drain_delay: must be 0 to 300 s"},
           BadConfig{"store: {sqlite: {wait_for_lock: 86401s}}", "store.sqlite.wait_for_lock: must be 0 to 86400 s"},
           BadConfig{"store: {sqlite: {check_time: 3601s}}", "store.sqlite.check_time: must be 0 to 3600 s"},
           BadConfig{"store: {probe_interval: 0.05s}", "store.probe_interval: must be 0.1 to 60 s"},
           BadConfig{"server: {call_threads: 257}", "server.call_threads: must be 1 to 256"},
           BadConfig{"server: {allow_insecure_listen: 1}", "server.allow_insecure_listen: must be true or false"},
           BadConfig{"server: {tls: {certificate_file: a}}", "server.tls: needs certificate_file and private_key_file"},
           BadConfig{"server: {listen: '0.0.0.0:1'}", "server.listen: is not loopback: set tls"},
           BadConfig{"server: {listen: '0.0.0.0:1'}", "server.listen: is not loopback: set tenants"},
           BadConfig{"server: {listen: '127.evil.com:1'}", "server.listen: is not loopback"},
           BadConfig{"tenants: [{name: Acme}]", "tenants[0].name: must have 1-63 characters"},
           BadConfig{"tenants: [{name: acme}]", "tenants[0].token_sha256: must have at least one hash"},
           BadConfig{"tenants: [{name: acme, token_sha256: [xyz]}]",
                     "tenants[0].token_sha256[0]: must be 64 hex digits"},
           BadConfig{"server: {tls: {certificate_file: a, private_key_file: b, refresh_interval: 0.01s}}",
                     "server.tls.refresh_interval: must be 0.05 to 3600 s, is 0.01 s"},
           BadConfig{"tenants: [{name: acme, client_certificate: [{dns: a}]}]",
                     "tenants[0].client_certificate: needs server.tls.client_ca_file"},
           BadConfig{"tenants: [{name: acme, client_certificate: [{}]}]",
                     "tenants[0].client_certificate[0]: must be one of common_name, subject, dns, uri, email"},
           BadConfig{"tenants: [{name: acme, client_certificate: [{dns: ''}]}]",
                     "tenants[0].client_certificate[0]: must be one of"},
           BadConfig{"tenants: [{name: a, client_certificate: [{dns: x}]}, {name: b, client_certificate: [{dns: x}]}]",
                     "tenants[1].client_certificate[0]: is given twice"},
           BadConfig{"tasks: {deadline: 0s}", "tasks.deadline: must be 1 to 604800 s"},
           BadConfig{"tasks: {retention: 59s}", "tasks.retention: must be 0 s, which means never, or at least 60 s"},
           BadConfig{"tasks: {retention: 0.5s}", "tasks.retention: must be 0 s, which means never, or at least 60 s"},
           BadConfig{"tasks: {lost_after_count: 1}", "tasks.lost_after_count: must be 2 to 100, is 1"},
           BadConfig{"tasks: {poll_interval_unwatched: 0.01s}",
                     "tasks.poll_interval_unwatched: must be 0.05 to 600 s, is 0.01 s"},
           BadConfig{"tasks: {poll_interval_watched: 601s}",
                     "tasks.poll_interval_watched: must be 0.05 to 600 s, is 601 s"},
           BadConfig{"tasks: {max_open_per_tenant: -1}", "tasks.max_open_per_tenant: must be 1 to 10000000, is -1"},
           BadConfig{"tasks: {poll_interval_with_webhooks: 3601s}",
                     "tasks.poll_interval_with_webhooks: must be 0.05 to 3600 s, is 3601 s"},
           BadConfig{"media_fetch: {max_fetches: 257}", "media_fetch.max_fetches: must be 1 to 256, is 257"},
           BadConfig{"transfers: {least_bytes_per_second: -1}",
                     "transfers.least_bytes_per_second: must be 0 to 1073741824, is -1"},
           BadConfig{"transfers: {window: 0.5s}", "transfers.window: must be 1 to 600 s, is 0.5 s"},
           BadConfig{"media_fetch: {timeout: 0s}", "media_fetch.timeout: must be 1 to 600 s, is 0 s"},
           BadConfig{"log: {level: loud}", "log.level: must be one of debug, info, warning, error, is `loud`"},
           BadConfig{"log: {level: info}\nlog: {level: info}", "log: is given twice"},
           BadConfig{"log: {max_lines_per_second: -1}", "log.max_lines_per_second: must be 1 to 1000000, is -1"},
           BadConfig{"log: {max_public_lines_per_second: 1000001}",
                     "log.max_public_lines_per_second: must be 1 to 1000000, is 1000001"},
           BadConfig{"a: [", "the file: is not YAML"},
           BadConfig{"--- \nb: 1", "the file: must be one YAML document"},
       }) {
    EXPECT_THAT(Problems(std::string(kUpstream) + each.yaml), HasSubstr(each.problem)) << each.yaml;
  }
}

TEST(Config, TenantWithAClientCertificateNeedsNoToken) {
  const auto config = ParseConfig(std::string(kUpstream) + R"(
server: {tls: {certificate_file: c, private_key_file: k, client_ca_file: ca}}
tenants:
- name: a
  client_certificate: [{common_name: x}, {subject: "CN=x,O=y"}, {dns: x}]
- name: b
  client_certificate: [{uri: "spiffe://x/y"}, {email: x@y}]
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->server().tls().refresh_interval().seconds(), 10);
  std::vector<std::string> names;
  for (const auto& each : RpcContextOptions(*config).certificates) names.push_back(each.tenant + " " + each.name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("a cn:x", "a subject:CN=x,O=y", "a dns:x", "b uri:spiffe://x/y", "b email:x@y"));
}

TEST(Config, AgesAndDelaysOnTheirBoundsAreGood) {
  for (const char* yaml : {"server: {max_connection_age: 0s, max_connection_age_grace: 1s}",
                           "server: {max_connection_age: 1s, max_connection_age_grace: 1s}",
                           "server: {max_connection_age_grace: 450s}", "server: {max_connection_age: 2400s}",
                           "server: {drain_delay: 10s}", "server: {drain_grace: 600s, drain_delay: 300s}"}) {
    EXPECT_EQ(Problems(std::string(kUpstream) + yaml), "") << yaml;
  }
}

TEST(Config, CallsGetTheirLimits) {
  const auto usual = RpcContextOptions(*ParseConfig(kUpstream));
  EXPECT_EQ(usual.limits.max_calls, 20000u);
  EXPECT_EQ(usual.limits.max_streams_per_connection, 500u);
  EXPECT_EQ(usual.limits.max_reflection_streams, 32u);
  EXPECT_EQ(usual.receive_timeout, absl::Seconds(10));
  const auto options = RpcContextOptions(*ParseConfig(std::string(kUpstream) + R"(
server:
  call_limits: {max_calls: 7, max_calls_per_tenant: 6, max_streams_per_connection: 5, max_answer_bytes: 2000000,
                max_answer_bytes_per_tenant: 1500000, receive_timeout: 3s, answer_timeout: 4s, max_receiving: 8,
                max_health_calls: 9, max_reflection_streams: 0})"));
  EXPECT_EQ(options.limits.max_calls, 7u);
  EXPECT_EQ(options.limits.max_calls_per_tenant, 6u);
  EXPECT_EQ(options.limits.max_streams_per_connection, 5u);
  EXPECT_EQ(options.limits.max_answer_bytes, 2000000u);
  EXPECT_EQ(options.limits.max_answer_bytes_per_tenant, 1500000u);
  EXPECT_EQ(options.receive_timeout, absl::Seconds(3));
  EXPECT_EQ(options.answer_timeout, absl::Seconds(4));
  EXPECT_EQ(options.max_receiving, 8u);
  EXPECT_EQ(options.limits.max_health_calls, 9u);
  EXPECT_EQ(options.limits.max_reflection_streams, 0u);
}

TEST(Config, OneOfSeveralTenantsHasHalfOfEachTotalByDefault) {
  const auto tenant = [](char name) {
    return std::string("- name: ") + name + "\n  token_sha256: [\"" + std::string(64, name) + "\"]\n";
  };
  const std::string one = std::string(kUpstream) + "tenants:\n" + tenant('a');
  EXPECT_EQ(RpcContextOptions(*ParseConfig(one)).limits.max_calls_per_tenant, 20000u);
  EXPECT_EQ(RpcContextOptions(*ParseConfig(one)).streams.limit_per_tenant, 20000u);
  const auto raised =
      ParseConfig(one + "server: {max_watch_streams: 50000, max_connections: 60000, call_limits: {max_calls: 70000}}");
  EXPECT_EQ(RpcContextOptions(*raised).streams.limit_per_tenant, 50000u);
  EXPECT_EQ(RpcContextOptions(*raised).limits.max_calls_per_tenant, 70000u);
  EXPECT_EQ(raised->server().max_connections_per_peer(), 60000);
  const auto options = RpcContextOptions(*ParseConfig(one + tenant('b')));
  EXPECT_EQ(options.limits.max_calls_per_tenant, 10000u);
  EXPECT_EQ(options.streams.limit_per_tenant, 10000u);
  EXPECT_EQ(options.limits.max_answer_bytes_per_tenant, options.limits.max_answer_bytes / 2);
  const auto small = RpcContextOptions(
      *ParseConfig(one + tenant('b') + "server: {max_watch_streams: 1, call_limits: {max_calls: 9}}"));
  EXPECT_EQ(small.limits.max_calls_per_tenant, 4u);
  EXPECT_EQ(small.streams.limit_per_tenant, 1u);
  const auto all = RpcContextOptions(*ParseConfig(one + tenant('b') + R"(
server: {max_watch_streams_per_tenant: 20000, call_limits: {max_calls_per_tenant: 20000}})"));
  EXPECT_EQ(all.limits.max_calls_per_tenant, 20000u);
  EXPECT_EQ(all.streams.limit_per_tenant, 20000u);
}

TEST(Config, StreamsGetTheirLimitsAndAges) {
  const auto options = RpcContextOptions(*ParseConfig(std::string(kUpstream) + R"(
server: {max_watch_streams: 7, max_watch_streams_per_tenant: 3, max_connection_age: 10s, max_connection_age_grace: 4s})"));
  EXPECT_EQ(options.streams.limit, 7u);
  EXPECT_EQ(options.streams.limit_per_tenant, 3u);
  EXPECT_EQ(options.streams.age.age, absl::Seconds(10));
  EXPECT_EQ(options.streams.age.grace, absl::Seconds(4));
  EXPECT_FALSE(RpcContextOptions(*ParseConfig(std::string(kUpstream) + "server: {max_connection_age: 0s}"))
                   .streams.age.limited());
}

TEST(Config, AllProblemsAreToldAtOnceWithTheirLines) {
  const std::string problems = Problems(std::string(kUpstream) + "server:\n  call_threads: 999\n  x: 1\n");
  EXPECT_THAT(problems, HasSubstr("line 7: server.call_threads"));
  EXPECT_THAT(problems, HasSubstr("line 8: server.x"));
}

TEST(Config, LogHasItsRates) {
  const auto config = ParseConfig(kUpstream);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log().max_lines_per_second(), 10000);
  EXPECT_EQ(config->log().max_public_lines_per_second(), 20);
}

TEST(Config, AdminIsChecked) {
  for (const BadConfig& each : {
           BadConfig{"admin: {listen: localhost}", "admin.listen: must have the form host:port"},
           BadConfig{"admin: {listen: '0.0.0.0:65536'}", "admin.listen: must have the form host:port"},
           BadConfig{"admin: {port_file: /tmp/p}", "admin.listen: is required with port_file"},
           BadConfig{"admin: {probe_listen: localhost}", "admin.probe_listen: must have the form host:port"},
           BadConfig{"admin: {probe_port_file: /tmp/p}", "admin.probe_listen: is required with probe_port_file"},
           BadConfig{"admin: {public_base_url: 'http://gw.example.com'}",
                     "admin.public_base_url: must begin with https:// (http:// is for this machine only)"},
           BadConfig{"admin: {public_base_url: 'ftp://127.0.0.1'}", "admin.public_base_url: must begin with https://"},
           BadConfig{"admin: {public_base_url: 'https://gw.example.com?a=b'}", "admin.public_base_url: must be a URL"},
           BadConfig{"admin: {public_base_url: 'https://u:p@gw.example.com'}", "admin.public_base_url: must be a URL"},
           BadConfig{"admin: {staging: {directory: /tmp}}", "admin.listen: is required with staging"},
           BadConfig{"admin: {staging: {directory: /tmp}}", "admin.public_base_url: is required with staging"},
           BadConfig{"admin: {staging: {}}", "admin.staging.directory: is required"},
           BadConfig{"admin: {staging: {lifetime: 59s}}", "admin.staging.lifetime: must be 60 to 604800 s, is 59 s"},
           BadConfig{"admin: {staging: {max_total_bytes: 1048575}}",
                     "admin.staging.max_total_bytes: must be 1048576 to"},
           BadConfig{"admin: {staging: {max_total_bytes: 1.5}}",
                     "admin.staging.max_total_bytes: must be a whole number"},
       }) {
    EXPECT_THAT(Problems(std::string(kUpstream) + each.yaml), HasSubstr(each.problem)) << each.yaml;
  }
}

TEST(Config, AdminHasDefaultsAndNeedNotBeLoopback) {
  const auto config = ParseConfig(std::string(kUpstream) + R"(
admin:
  listen: 0.0.0.0:8080
  public_base_url: https://gw.example.com/seedance/
  staging: {directory: /var/staging}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin().public_base_url(), "https://gw.example.com/seedance");
  EXPECT_EQ(config->admin().staging().lifetime().seconds(), 93600);
  EXPECT_EQ(config->admin().staging().max_total_bytes(), int64_t{10} << 30);
  for (const char* url : {"http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"}) {
    EXPECT_EQ(Problems(std::string(kUpstream) + "admin: {public_base_url: '" + url + "'}"), "") << url;
  }
}

TEST(Config, AnOpenAddressNeedsTlsAndTenantsOrConsent) {
  const std::string tenants = "tenants: [{name: acme, token_sha256: [" + kHash + "]}]\n";
  EXPECT_THAT(Problems(kUpstream + tenants + "server: {listen: '0.0.0.0:1'}"), HasSubstr("set tls"));
  EXPECT_EQ(
      Problems(kUpstream + tenants + "server: {listen: '0.0.0.0:1', tls: {certificate_file: c, private_key_file: k}}"),
      "");
  EXPECT_EQ(Problems(std::string(kUpstream) + "server: {listen: '0.0.0.0:1', allow_insecure_listen: true}"), "");
}

TEST(Config, ATokenIsOfOneTenantInWhateverCaseItsHashIsWritten) {
  const std::string lower(64, 'a');
  const std::string upper(64, 'A');
  const std::string tenants =
      "tenants: [{name: a, token_sha256: [" + lower + "]}, {name: b, token_sha256: [" + upper + "]}]";
  EXPECT_THAT(Problems(std::string(kUpstream) + tenants), HasSubstr("tenants[1].token_sha256[0]: is given twice"));
}

TEST(Config, KnowsLoopback) {
  for (const char* address : {"localhost:1", "127.0.0.1:0", "127.1.2.3:5", "[::1]:7", "unix:/run/x.sock", "LocalHost:1",
                              "[::ffff:127.0.0.1]:1", "[0:0:0:0:0:0:0:1]:1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "gateway:1", "127.evil.com:1", ":1", "127.0.0.1.example.com:1",
        "127.evil.example.1:1", "127.1:1", "127.0.0.256:1", "127.0.0.1x:1", "[::ffff:10.0.0.1]:1", "[::127.0.0.1]:1",
        "[::2]:1", "0x7f.1:1", "localhost.example.com:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(Secret, IsReadFromFileOrEnvironmentAndTrimmed) {
  gateway::config::v1::Secret secret;
  setenv("SEEDANCE_TEST_KEY", " from-env \n", 1);
  secret.set_env("SEEDANCE_TEST_KEY");
  EXPECT_EQ(ReadSecret(secret)->Reveal(), "from-env");
  const std::string path = ::testing::TempDir() + "/secret";
  std::ofstream(path) << "from-file\n";
  secret.set_file(path);
  EXPECT_EQ(ReadSecret(secret)->Reveal(), "from-file");
}

TEST(Secret, MissingOrEmptyOnesAreNamedByTheirSource) {
  gateway::config::v1::Secret secret;
  unsetenv("SEEDANCE_NO_KEY");
  secret.set_env("SEEDANCE_NO_KEY");
  EXPECT_THAT(std::string(ReadSecret(secret).status().message()), HasSubstr("SEEDANCE_NO_KEY"));
  secret.set_file("/nonexistent/key");
  EXPECT_THAT(std::string(ReadSecret(secret).status().message()), HasSubstr("/nonexistent/key"));
  const std::string path = ::testing::TempDir() + "/empty";
  std::ofstream(path) << " \n";
  secret.set_file(path);
  EXPECT_FALSE(ReadSecret(secret).ok());
}

TEST(Config, LoadingAFileLooksForTheStagingFolder) {
  const std::string path = ::testing::TempDir() + "/staging.yaml";
  const auto load = [&](const std::string& directory) {
    std::ofstream(path) << kUpstream << "admin: {listen: 'localhost:0', public_base_url: 'https://a', staging: "
                        << "{directory: " << directory << "}}\n";
    return LoadConfig(path).status();
  };
  setenv("KEY", "k", 1);
  EXPECT_TRUE(load(::testing::TempDir()).ok());
  EXPECT_THAT(std::string(load("/nonexistent").message()),
              HasSubstr("admin.staging.directory: /nonexistent is not a directory"));
  EXPECT_THAT(std::string(load("/proc/self").message()), HasSubstr("cannot be written to"));
}

TEST(Config, LoadingAFileTriesTheFolderForTemporaryFiles) {
  const std::string folder_that_works = ::testing::TempDir();
  const std::string path = folder_that_works + "/tmpdir.yaml";
  std::ofstream(path) << kUpstream;
  setenv("KEY", "k", 1);
  const char* before = getenv("TMPDIR");
  const std::string restore = before == nullptr ? "" : before;
  for (const char* folder : {"/nonexistent/tmp", "/proc/self", "/dev/null"}) {
    setenv("TMPDIR", folder, 1);
    EXPECT_THAT(std::string(LoadConfig(path).status().message()),
                HasSubstr(std::string("temporary files: ") + folder +
                          " (named by the environment variable TMPDIR) cannot be written to: "));
  }
  setenv("TMPDIR", folder_that_works.c_str(), 1);
  EXPECT_TRUE(LoadConfig(path).ok());
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", restore.c_str(), 1);
}

TEST(Config, LoadingAFileReadsItsSecretsToo) {
  const std::string path = ::testing::TempDir() + "/gateway.yaml";
  std::ofstream(path) << kUpstream;
  unsetenv("KEY");
  EXPECT_THAT(std::string(LoadConfig(path).status().message()),
              HasSubstr("upstreams[0].anyfast.api_key: environment variable KEY is missing"));
  setenv("KEY", "k", 1);
  EXPECT_TRUE(LoadConfig(path).ok());
  unsetenv("HOOK");
  std::ofstream(path) << "admin: {listen: 'localhost:0', public_base_url: 'https://a'}\n"
                      << "upstreams: [{name: pi, piapi: {api_key: {env: NOKEY}, webhook_secret: {env: HOOK}}}]\n";
  EXPECT_THAT(std::string(LoadConfig(path).status().message()),
              HasSubstr("upstreams[0].piapi.api_key: environment variable NOKEY is missing"));
  EXPECT_THAT(std::string(LoadConfig(path).status().message()),
              HasSubstr("upstreams[0].piapi.webhook_secret: environment variable HOOK is missing"));
  EXPECT_EQ(LoadConfig("/nonexistent.yaml").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace seedance::config
