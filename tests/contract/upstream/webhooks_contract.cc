// Webhooks as the vendor sends them.
#include "absl/strings/ascii.h"
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/testing/eventually.h"
#include "tests/unit/http/recording_vendor.h"

namespace seedance::testing {
namespace {

upstream::WebhookHeaders HeadersOf(const httplib::Request& request) {
  upstream::WebhookHeaders headers;
  for (const auto& [name, value] : request.headers) headers.emplace(absl::AsciiStrToLower(name), value);
  return headers;
}

TEST_P(WebhookContract, VendorsWebhookProvesWhoSentItAndNamesItsTask) {
  http::RecordingVendor endpoint([](const httplib::Request&, httplib::Response&) {});
  const auto told =
      NewAccount([&](AccountSetup& setup) { setup.webhook_endpoint = endpoint.url() + "/webhooks/token"; });
  const auto task = told->tasks().CreateTask({}, TaskOf("a fox"));
  ASSERT_TRUE(task.status.ok()) << task.status;
  Advance(kTaskTime * 2);
  ASSERT_TRUE(Eventually([&] { return !endpoint.requests().empty(); }));
  const httplib::Request webhook = endpoint.requests().front();
  EXPECT_EQ(webhook.path, "/webhooks/token");
  const upstream::WebhookHeaders headers = HeadersOf(webhook);
  EXPECT_TRUE(told->webhooks()->Verify(headers, webhook.body));
  EXPECT_EQ(told->webhooks()->TaskOfWebhook(webhook.body), task.value);
  EXPECT_FALSE(told->webhooks()->Verify({}, webhook.body));
  const auto stranger = NewAccount([](AccountSetup& setup) { setup.webhook_secret = base::Secret("another-secret"); });
  EXPECT_FALSE(stranger->webhooks()->Verify(headers, webhook.body));
  const auto open = NewAccount([](AccountSetup& setup) { setup.webhook_secret = base::Secret(); });
  EXPECT_FALSE(open->webhooks()->Verify(headers, webhook.body)) << "no secret is never right";
  EXPECT_FALSE(open->webhooks()->Verify({}, webhook.body));
}

TEST_P(WebhookContract, BodyThatNamesNoTaskIsNone) {
  for (const std::string& body : {std::string(), std::string("{}"), std::string("<html>"), std::string(R"({"data":)"),
                                  std::string(100'000, '['), std::string(1 << 20, 'x')}) {
    EXPECT_EQ(account().webhooks()->TaskOfWebhook(body), "") << body.substr(0, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, WebhookContract, ::testing::ValuesIn(DialectsWith(Capability::kWebhooks)),
                         DialectName);

}  // namespace
}  // namespace seedance::testing
