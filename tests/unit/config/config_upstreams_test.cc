#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "service/config/config.h"
#include "service/config/print_config.h"
#include "tests/unit/config/parsed.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct BadUpstream {
  const char* yaml;
  const char* problem;  // Part of the message.
};

TEST(ConfigUpstreams, EveryBrokenRuleIsNamedWithItsPath) {
  for (const BadUpstream& each : {
           BadUpstream{"", "upstreams: must have at least one upstream"},
           BadUpstream{"upstreams: {}", "upstreams: must be a list"},
           BadUpstream{"upstreams: [{name: a}]", "upstreams[0].anyfast: is required: set anyfast or piapi"},
           BadUpstream{"upstreams: [{name: a, anyfast: {}, piapi: {}}]",
                       "upstreams[0].piapi: conflicts with another field of dialect"},
           BadUpstream{"upstreams: [{name: A~, anyfast: {api_key: {env: K}}}]",
                       "upstreams[0].name: must have 1-32 characters"},
           BadUpstream{"upstreams: [{name: a, anyfast: {}}]", "upstreams[0].anyfast.api_key: is required"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: ''}}}]",
                       "upstreams[0].anyfast.api_key: is required"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K, file: F}}}]",
                       "upstreams[0].anyfast.api_key.file: conflicts with another field of source"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, base_url: 'http://x'}}]",
                       "upstreams[0].anyfast.base_url: must begin with https:// (http:// needs allow_plain_http)"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, base_url: 'https://'}}]",
                       "upstreams[0].anyfast.base_url: must begin with https://"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, base_url: 'https://h:0'}}]",
                       "upstreams[0].anyfast.base_url: must be a URL with a host"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, prompt_language: latin}}]",
                       "upstreams[0].anyfast.prompt_language: must be one of chinese, english, is `latin`"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, default_model: nope}}]",
                       "upstreams[0].anyfast.default_model: `nope` is not a known model"},
           BadUpstream{"upstreams: [{name: a, tenants: [x], anyfast: {api_key: {env: K}}}]",
                       "upstreams[0].tenants[0]: `x` is not a tenant"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, http: {max_polls: 1025}}}]",
                       "upstreams[0].anyfast.http.max_polls: must be 1 to 1024, is 1025"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {polls_per_second: 0.05}}]",
                       "upstreams[0].rate.polls_per_second: must be 0.1 to 10000, is 0.05"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {polls_per_second: NaN}}]",
                       "upstreams[0].rate.polls_per_second: must be a number"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {submits_per_second: -1}}]",
                       "upstreams[0].rate.submits_per_second: must be 0.1 to 10000, is -1"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {breaker_failures: 1001}}]",
                       "upstreams[0].rate.breaker_failures: must be 0 to 1000, is 1001"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {breaker_pause: 601s}}]",
                       "upstreams[0].rate.breaker_pause: must be 0.1 to 600 s, is 601 s"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {max_retry_after: 0.5s}}]",
                       "upstreams[0].rate.max_retry_after: must be 1 to 86400 s, is 0.5 s"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}, rate: {max_retry_after: 86401s}}]",
                       "upstreams[0].rate.max_retry_after: must be 1 to 86400 s, is 86401 s"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}, http: {proxy: 'socks://x'}}}]",
                       "upstreams[0].anyfast.http.proxy: must have the form http://host:port"},
           BadUpstream{"upstreams: [{name: a, anyfast: {api_key: {env: K}}}, {name: a, anyfast: {api_key: {env: K}}}]",
                       "upstreams[1].name: `a` is the name of an earlier upstream"},
       }) {
    EXPECT_THAT(Problems(each.yaml), HasSubstr(each.problem)) << each.yaml;
  }
}

TEST(ConfigUpstreams, EveryBrokenRuleOfTheUsageLogIsNamed) {
  for (const BadUpstream& each : {
           BadUpstream{"mode: maybe", "mode: must be one of on, off, is `maybe`"},
           BadUpstream{"tag: x", "tag: must be one of seed, none, is `x`"},
           BadUpstream{"read_interval: 0s", "read_interval: must be 1 to 3600 s, is 0 s"},
           BadUpstream{"read_interval: 3601s", "read_interval: must be 1 to 3600 s, is 3601 s"},
           BadUpstream{"lag: 0s", "lag: must be 1 to 3600 s, is 0 s"},
           BadUpstream{"lag: 3601s", "lag: must be 1 to 3600 s, is 3601 s"},
           BadUpstream{"cost_interval: 0s", "cost_interval: must be 1 to 86400 s, is 0 s"},
           BadUpstream{"cost_interval: 86401s", "cost_interval: must be 1 to 86400 s, is 86401 s"},
           BadUpstream{"taken_within: 0s", "taken_within: must be 1 to 86400 s, is 0 s"},
           BadUpstream{"taken_within: 86401s", "taken_within: must be 1 to 86400 s, is 86401 s"},
           BadUpstream{"quota_per_unit: -1", "quota_per_unit: must be 1 to 1000000000, is -1"},
           BadUpstream{"quota_per_unit: 1000000001", "quota_per_unit: must be 1 to 1000000000, is 1000000001"},
           BadUpstream{"currency: 'US Dollar'", "currency: must have 1-32 ASCII letters and digits"},
           BadUpstream{"currency: '$'", "currency: must have 1-32 ASCII letters and digits"},
           BadUpstream{"currency: 1USD", "currency: must have 1-32 ASCII letters and digits"},
           BadUpstream{"currency: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                       "currency: must have 1-32 ASCII letters and digits"},
       }) {
    const std::string yaml =
        absl::StrCat("upstreams: [{name: a, anyfast: {api_key: {env: K}, usage_log: {", each.yaml, "}}}]");
    EXPECT_THAT(Problems(yaml), HasSubstr(absl::StrCat("upstreams[0].anyfast.usage_log.", each.problem)));
  }
  EXPECT_EQ(Problems("upstreams: [{name: a, anyfast: {api_key: {env: K}, usage_log: {currency: points, lag: 1s}}}]"),
            "");
}

// A file with one PiAPI account that has these fields besides its key.
std::string PiApi(const std::string& fields, const std::string& rest = "") {
  return absl::StrCat("upstreams:\n- name: pi\n  piapi:\n    api_key: {env: K}\n    ", fields, "\n", rest);
}

TEST(ConfigUpstreams, PiApiHasTheDefaultsOfTheSchema) {
  const auto config = ParseConfig(PiApi(""));
  ASSERT_TRUE(config.ok()) << config.status();
  const auto& piapi = config->upstreams(0).piapi();
  EXPECT_EQ(piapi.base_url(), "https://api.piapi.ai");
  EXPECT_EQ(piapi.default_model(), "seedance-2");
  EXPECT_EQ(piapi.plan(), "developer");
  EXPECT_EQ(piapi.upload_url(), "https://upload.theapi.app/api/ephemeral_resource");
  EXPECT_EQ(piapi.service_mode(), "");
  EXPECT_FALSE(piapi.has_webhook_secret());
  EXPECT_EQ(piapi.paths().asset_upload(), "/api/v1/asset/upload");
  EXPECT_EQ(piapi.paths().asset_list(), "/api/v1/asset/list");
  EXPECT_EQ(piapi.paths().asset_get(), "/api/v1/asset/{id}");
  EXPECT_EQ(piapi.paths().asset_delete(), "/api/v1/asset/{id}");
  EXPECT_EQ(piapi.paths().task_create(), "/api/v1/task");
  EXPECT_EQ(piapi.paths().task_get(), "/api/v1/task/{id}");
  EXPECT_EQ(piapi.paths().task_list(), "/api/open/tasks/histories");
  EXPECT_EQ(piapi.paths().task_cancel(), "none");
  EXPECT_EQ(piapi.http().submit_timeout().seconds(), 300);
  EXPECT_EQ(config->upstreams(0).limits().assets().max_assets(), 200);
  EXPECT_EQ(config->upstreams(0).limits().assets().idle_ttl().seconds(), 7 * 24 * 3600);
}

TEST(ConfigUpstreams, ThePlanGivesTheSizeOfTheLibrary) {
  const auto config = ParseConfig(PiApi("plan: enterprise"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->upstreams(0).limits().assets().max_assets(), 1000);
}

TEST(ConfigUpstreams, PiApiIsChecked) {
  for (const BadUpstream& each : {
           BadUpstream{"plan: gold", "piapi.plan: must be one of hobbyist, developer, premium, enterprise, is `gold`"},
           BadUpstream{"base_url: 'http://x'",
                       "piapi.base_url: must begin with https:// (http:// needs allow_plain_http)"},
           BadUpstream{"upload_url: 'http://x'", "piapi.upload_url: must begin with https:// (http:// needs"},
           BadUpstream{"upload_url: never", "piapi.upload_url: must begin with https://"},
           BadUpstream{"service_mode: secret", "piapi.service_mode: must be one of public, private, is `secret`"},
           BadUpstream{"default_model: seedance", "piapi.default_model: `seedance` is not a known model"},
           BadUpstream{"webhook_secret: {}", "piapi.webhook_secret: is required: file or env"},
           BadUpstream{"webhook_secret: {env: W}",
                       "piapi.webhook_secret: needs admin.listen and admin.public_base_url"},
           BadUpstream{"paths: {asset_upload: api}", "piapi.paths.asset_upload: must begin with /"},
           BadUpstream{"paths: {asset_list: '/a?b=c'}", "piapi.paths.asset_list: must begin with / and be a path"},
           BadUpstream{"paths: {asset_list: '/a b'}", "piapi.paths.asset_list: must begin with / and be a path"},
           BadUpstream{"paths: {asset_list: '/a/{id}'}", "piapi.paths.asset_list: must not contain {id}"},
           BadUpstream{"paths: {asset_get: /a}", "piapi.paths.asset_get: must contain {id}"},
           BadUpstream{"paths: {asset_get: '/a/{ID}'}", "piapi.paths.asset_get: must begin with / and be a path"},
           BadUpstream{"paths: {asset_delete: /a}", "piapi.paths.asset_delete: must contain {id}"},
           BadUpstream{"paths: {task_get: '/{id}/{id}'}", "piapi.paths.task_get: must begin with / and be a path"},
           BadUpstream{"paths: {task_list: '/list/{id}'}", "piapi.paths.task_list: must not contain {id}"},
           BadUpstream{"paths: {task_list: list}", "piapi.paths.task_list: must begin with /"},
           BadUpstream{"paths: {task_cancel: /cancel}", "piapi.paths.task_cancel: must contain {id}"},
           BadUpstream{"paths: {task_create: ''}\n    http: {max_polls: -1}",
                       "piapi.http.max_polls: must be 1 to 1024"},
       }) {
    EXPECT_THAT(Problems(PiApi(each.yaml)), HasSubstr(absl::StrCat("upstreams[0].", each.problem))) << each.yaml;
  }
  EXPECT_THAT(Problems("upstreams: [{name: pi, piapi: {}}]"), HasSubstr("upstreams[0].piapi.api_key: is required"));
}

TEST(ConfigUpstreams, WebhooksAreGoodWithAnAdminServerThatVendorsReach) {
  const std::string secret = "webhook_secret: {env: W}";
  EXPECT_EQ(Problems(PiApi(secret, "admin: {listen: 'localhost:0', public_base_url: 'https://gw.example.com'}")), "");
  EXPECT_THAT(Problems(PiApi(secret, "admin: {listen: 'localhost:0'}")), HasSubstr("needs admin.listen and"));
}

TEST(ConfigUpstreams, ListAndCancelOfTasksMayBeAbsentOrThere) {
  EXPECT_EQ(Problems(PiApi("paths: {task_list: none, task_cancel: '/api/v1/task/{id}'}")), "");
  EXPECT_EQ(Problems(PiApi("paths: {task_list: /history, task_cancel: none}")), "");
}

TEST(ConfigUpstreams, PlainHttpNeedsConsent) {
  EXPECT_EQ(Problems(PiApi("base_url: 'http://h:1/'\n    upload_url: 'http://h:1/up'\n    allow_plain_http: true")),
            "");
  EXPECT_EQ(Problems(PiApi("upload_url: none")), "");
}

TEST(ConfigUpstreams, APrintedFileHidesPasswordsOfEveryDialect) {
  const auto config = ParseConfig(PiApi("http: {proxy: 'http://user:pass@proxy:1'}"));
  ASSERT_TRUE(config.ok()) << config.status();
  const std::string printed = PrintConfig(*config, /*all=*/true);
  EXPECT_THAT(printed, Not(HasSubstr("pass")));
  EXPECT_THAT(printed, HasSubstr("\"proxy\": \"http://(hidden)@proxy:1\""));
  EXPECT_THAT(printed, Not(HasSubstr("anyfast")));
}

}  // namespace
}  // namespace seedance::config
