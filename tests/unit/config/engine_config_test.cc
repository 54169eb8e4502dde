#include "service/config/engine_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/config/webhook_path.h"
#include "tests/unit/config/parsed.h"

namespace seedance::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class EngineConfig : public ::testing::Test {
 protected:
  EngineConfig() {
    setenv("KEY", "key", 1);
    setenv("HOOK", "hush", 1);
  }

  // The only upstream of the file.
  upstream::Upstream& Made(const std::string& yaml) {
    auto made = MakeVendorAccounts(Parsed(yaml), base::RealClock());
    EXPECT_TRUE(made.ok()) << made.status();
    made_ = *std::move(made);
    return *made_[0].upstream;
  }

  std::vector<engine::VendorAccounts::Config> made_;
};

constexpr char kAdmin[] = "admin: {listen: 'localhost:0', public_base_url: 'https://gw.example.com/'}\n";

TEST_F(EngineConfig, AnyFastWritesMentionsInTheLanguageThatIsAskedFor) {
  const std::string begin = "upstreams: [{name: a, anyfast: {api_key: {env: KEY}";
  EXPECT_EQ(Made(begin + "}}]").profile().notation.image, "@图");
  const model::PromptNotation english = Made(begin + ", prompt_language: english}}]").profile().notation;
  EXPECT_TRUE(english == (model::PromptNotation{"@image", "@video", "@audio"}));
}

TEST_F(EngineConfig, LimitsAndDefaultModelReachTheUpstream) {
  const model::UpstreamProfile& profile = Made(
                                              "upstreams: [{name: a, limits: {assets: {audio: {max_bytes: 5}}}, "
                                              "anyfast: {api_key: {env: KEY}, default_model: seedance-fast}}]")
                                              .profile();
  EXPECT_EQ(profile.default_model, "seedance-fast");
  EXPECT_EQ(profile.assets.audio.max_bytes, 5);
}

TEST_F(EngineConfig, PiApiHasNoWebhooksAndNoUploadsUnlessConfigured) {
  const std::string begin = "upstreams: [{name: p, piapi: {api_key: {env: KEY}";
  const model::UpstreamProfile plain = Made(begin + ", plan: premium}}]").profile();
  EXPECT_EQ(plain.assets.library.max_assets, 500);
  EXPECT_FALSE(plain.webhooks);
  EXPECT_GT(plain.assets.max_staged_bytes, 0);
  EXPECT_EQ(Made(begin + ", upload_url: none}}]").profile().assets.max_staged_bytes, 0);
  upstream::Upstream& told = Made(kAdmin + begin + ", webhook_secret: {env: HOOK}}}]");
  EXPECT_TRUE(told.profile().webhooks);
  ASSERT_NE(told.webhooks(), nullptr);
  EXPECT_TRUE(told.webhooks()->Verify({{"x-webhook-secret", "hush"}}, ""));
  EXPECT_FALSE(told.webhooks()->Verify({{"x-webhook-secret", "hush "}}, ""));
}

TEST_F(EngineConfig, ConcurrencyAndDedicationAreTakenFromEitherDialect) {
  Made("upstreams: [{name: p, piapi: {api_key: {env: KEY}, http: {max_submits: 1, max_polls: 2, max_transfers: 3}}}]");
  EXPECT_EQ(made_[0].max_submits, 1u);
  EXPECT_EQ(made_[0].max_polls, 2u);
  EXPECT_EQ(made_[0].max_transfers, 3u);
  EXPECT_TRUE(made_[0].dedicated);
}

TEST_F(EngineConfig, ATenantHasAKeyForItselfOnlyIfNoOtherMayUseItAnywhere) {
  const std::string tenants = "tenants:\n- {name: t1, token_sha256: [" + std::string(64, 'a') +
                              "]}\n- {name: t2, token_sha256: [" + std::string(64, 'b') + "]}\n";
  const std::string key = "anyfast: {api_key: {env: KEY}}";
  const std::string other = "anyfast: {api_key: {env: HOOK}}";
  const auto dedicated = [&](const std::string& upstreams) {
    Made(tenants + "upstreams:\n" + upstreams);
    std::vector<bool> all;
    for (const auto& made : made_) all.push_back(made.dedicated);
    return all;
  };
  EXPECT_EQ(dedicated("- {name: a, tenants: [t1], " + key + "}\n- {name: b, tenants: [t2], " + key + "}\n"),
            (std::vector<bool>{false, false}));
  EXPECT_EQ(dedicated("- {name: a, tenants: [t1], " + key + "}\n- {name: b, tenants: [t1], " + key + "}\n"),
            (std::vector<bool>{true, true}));
  EXPECT_EQ(dedicated("- {name: a, tenants: [t1], " + key + "}\n- {name: b, tenants: [t2], " + other + "}\n"),
            (std::vector<bool>{true, true}));
  EXPECT_EQ(dedicated("- {name: a, tenants: [t1], " + key + "}\n- {name: b, " + key + "}\n"),
            (std::vector<bool>{false, false}));
}

TEST_F(EngineConfig, AKeyOfTwoUpstreamsIsExclusiveToNone) {
  const std::string log = ", usage_log: {exclusive_key: true}}}\n";
  const std::string key = "anyfast: {api_key: {env: KEY}";
  const auto exclusive = [&](const std::string& upstreams) {
    Made("upstreams:\n" + upstreams);
    std::vector<bool> all;
    for (const auto& made : made_) all.push_back(made.usage_log.exclusive_key);
    return all;
  };
  EXPECT_EQ(exclusive("- {name: a, " + key + log), std::vector<bool>{true});
  EXPECT_EQ(exclusive("- {name: a, " + key + log + "- {name: b, " + key + log), (std::vector<bool>{false, false}));
  EXPECT_EQ(exclusive("- {name: a, " + key + log + "- {name: b, " + key + "}}\n"), (std::vector<bool>{false, false}));
  EXPECT_EQ(exclusive("- {name: a, " + key + log + "- {name: b, anyfast: {api_key: {env: HOOK}" + log),
            (std::vector<bool>{true, true}));
}

TEST_F(EngineConfig, AVendorMayTakeATaskLongAfterItsAnswerWasLost) {
  const auto waits = [&](const std::string& fields) {
    Made("upstreams: [{name: a, anyfast: {api_key: {env: KEY}, " + fields + "}}]");
    return made_[0].usage_log.taken_within;
  };
  EXPECT_EQ(waits("http: {submit_timeout: 1s}"), absl::Minutes(5)) << "what was received may be carried out later";
  EXPECT_EQ(waits("http: {submit_timeout: 1h}"), absl::Hours(1));
  EXPECT_EQ(waits("http: {submit_timeout: 4s}, usage_log: {taken_within: 7s}"), absl::Seconds(7));
}

TEST_F(EngineConfig, RatesAndTheBreakerAreThoseOfTheFile) {
  Made("upstreams: [{name: a, anyfast: {api_key: {env: KEY}}}]");
  EXPECT_EQ(made_[0].polls_per_second, 50);
  EXPECT_EQ(made_[0].submits_per_second, 10);
  EXPECT_EQ(made_[0].breaker.failures, 10);
  EXPECT_EQ(made_[0].breaker.pause, absl::Seconds(5));
  Made(
      "upstreams: [{name: p, piapi: {api_key: {env: KEY}}, rate: {polls_per_second: 2.5, submits_per_second: 0.5, "
      "breaker_failures: 0, breaker_pause: 0.5s}}]");
  EXPECT_EQ(made_[0].polls_per_second, 2.5);
  EXPECT_EQ(made_[0].submits_per_second, 0.5);
  EXPECT_EQ(made_[0].breaker.failures, 0);
  EXPECT_EQ(made_[0].breaker.pause, absl::Milliseconds(500));
}

TEST_F(EngineConfig, WebhookPathsAreHashesOfNameAndSecret) {
  const GatewayConfig config = Parsed(
      absl::StrCat(kAdmin, "upstreams:\n- {name: one, piapi: {api_key: {env: KEY}, webhook_secret: {env: HOOK}}}\n",
                   "- {name: two, piapi: {api_key: {env: KEY}, webhook_secret: {env: HOOK}}}\n",
                   "- {name: three, piapi: {api_key: {env: KEY}}}\n"));
  const auto options = EngineOptions(config);
  ASSERT_TRUE(options.ok()) << options.status();
  const base::Secret secret("hush");
  const std::string one = WebhookPath("piapi", "one", secret);
  EXPECT_EQ(one, "piapi/" + base::Sha256Hex("webhook path\none\nhush").substr(0, 32));
  EXPECT_THAT(options->webhooks,
              UnorderedElementsAre(Pair(one, "one"), Pair(WebhookPath("piapi", "two", secret), "two")));
  EXPECT_EQ(WebhookUrl(config.admin().public_base_url(), "piapi/abc"), "https://gw.example.com/webhooks/piapi/abc");
}

TEST_F(EngineConfig, TaskOptionsAreThoseOfTheFile) {
  const GatewayConfig config = Parsed(
      "upstreams: [{name: a, anyfast: {api_key: {env: KEY}}}]\n"
      "tasks: {poll_interval_queued: 1s, poll_interval_running: 2s, poll_interval_asset: 3s, deadline: 4s,"
      " submit_unknown_deadline: 5s, lost_after_count: 6, lost_after_time: 7s, poll_interval_with_webhooks: 8s,"
      " poll_interval_unwatched: 9s, max_open_per_tenant: 10, result_patience: 11s}");
  const auto options = EngineOptions(config);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->task_tracker.poll_interval_queued, absl::Seconds(1));
  EXPECT_EQ(options->task_tracker.poll_interval_running, absl::Seconds(2));
  EXPECT_EQ(options->asset_tracker.poll_interval, absl::Seconds(3));
  EXPECT_EQ(options->tasks.deadline, absl::Seconds(4));
  EXPECT_EQ(options->task_tracker.submit_unknown_deadline, absl::Seconds(5));
  EXPECT_EQ(options->task_tracker.poll_interval_with_webhooks, absl::Seconds(8));
  EXPECT_EQ(options->task_tracker.poll_interval_unwatched, absl::Seconds(9));
  EXPECT_EQ(options->tasks.max_open_per_tenant, 10);
  EXPECT_EQ(options->task_tracker.result_patience, absl::Seconds(11));
}

TEST_F(EngineConfig, StagingAndFetchOptionsAreThoseOfTheFile) {
  const std::string upstreams = "upstreams: [{name: a, anyfast: {api_key: {env: KEY}}}]\n";
  EXPECT_FALSE(StagingOptions(Parsed(kAdmin + upstreams).admin()).has_value());
  const GatewayConfig config =
      Parsed(upstreams +
             "admin: {listen: 'localhost:0', public_base_url: 'https://gw.example.com/', staging: {directory: /d, "
             "lifetime: 60s, max_total_bytes: 2000000}}\n"
             "media_fetch: {allow_private_network: true, timeout: 5s, ca_file: /ca.pem}");
  const auto staging = StagingOptions(config.admin());
  ASSERT_TRUE(staging.has_value());
  EXPECT_EQ(staging->directory, "/d");
  EXPECT_EQ(staging->lifetime, absl::Minutes(1));
  EXPECT_EQ(staging->max_total_bytes, 2'000'000);
  EXPECT_EQ(staging->public_base_url, "https://gw.example.com");
  const upstream::MediaFetchOptions fetch = EngineOptions(config)->asset_creation.media_fetch;
  EXPECT_TRUE(fetch.allow_private_network);
  EXPECT_EQ(fetch.timeout, absl::Seconds(5));
  EXPECT_EQ(fetch.ca_file, "/ca.pem");
}

TEST_F(EngineConfig, ARightsNoteIsRequiredOfAllOrByTenant) {
  const std::string upstreams = "upstreams: [{name: a, anyfast: {api_key: {env: KEY}}}]\n";
  EXPECT_FALSE(EngineOptions(Parsed(upstreams))->asset_creation.require_rights_note);
  const std::string hash(64, 'a');
  const std::string other(64, 'b');
  const auto options = EngineOptions(
      Parsed(absl::StrCat(upstreams, "assets: {require_rights_note: true}\ntenants:\n- {name: t1, ", "token_sha256: [",
                          hash, "]}\n- {name: t2, token_sha256: [", other, "], require_rights_note: false}\n")));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->asset_creation.require_rights_note);
  EXPECT_EQ(options->asset_creation.tenants_require_rights_note, (std::map<std::string, bool>{{"t2", false}}));
}

TEST_F(EngineConfig, AMissingSecretIsNamed) {
  unsetenv("HOOK");
  const GatewayConfig config =
      Parsed(absl::StrCat(kAdmin, "upstreams: [{name: p, piapi: {api_key: {env: KEY}, webhook_secret: {env: HOOK}}}]"));
  EXPECT_THAT(std::string(EngineOptions(config).status().message()), HasSubstr("HOOK"));
  EXPECT_THAT(std::string(MakeVendorAccounts(config, base::RealClock()).status().message()), HasSubstr("HOOK"));
  unsetenv("KEY");
  EXPECT_THAT(std::string(MakeVendorAccounts(config, base::RealClock()).status().message()), HasSubstr("KEY"));
}

}  // namespace
}  // namespace seedance::config
