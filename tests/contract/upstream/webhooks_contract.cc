// Webhooks as the vendor sends them.
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/testing/eventually.h"
#include "tests/unit/http/recording_vendor.h"

namespace seedance::testing {
namespace {

TEST_P(WebhookContract, VendorsWebhookProvesWhoSentItAndNamesItsTask) {
  http::RecordingVendor endpoint([](const httplib::Request&, httplib::Response&) {});
  const auto told =
      NewAccount([&](AccountSetup& setup) { setup.webhook_endpoint = endpoint.url() + "/webhooks/token"; });
  const auto task = told->CreateTask({}, TaskOf("a fox"));
  ASSERT_TRUE(task.status.ok()) << task.status;
  Advance(kTaskTime * 2);
  ASSERT_TRUE(Eventually([&] { return !endpoint.requests().empty(); }));
  const httplib::Request webhook = endpoint.requests().front();
  EXPECT_EQ(webhook.path, "/webhooks/token");
  EXPECT_TRUE(told->IsWebhookSecret(webhook.get_header_value("x-webhook-secret")));
  EXPECT_EQ(told->TaskOfWebhook(webhook.body), task.value);
  const auto stranger = NewAccount([](AccountSetup& setup) { setup.webhook_secret = base::Secret("another-secret"); });
  EXPECT_FALSE(stranger->IsWebhookSecret(webhook.get_header_value("x-webhook-secret")));
}

TEST_P(WebhookContract, BodyThatNamesNoTaskIsNone) {
  for (const std::string& body : {std::string(), std::string("{}"), std::string("<html>"), std::string(R"({"data":)"),
                                  std::string(100'000, '['), std::string(1 << 20, 'x')}) {
    EXPECT_EQ(account().TaskOfWebhook(body), "") << body.substr(0, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, WebhookContract, ::testing::ValuesIn(DialectsWith(Capability::kWebhooks)),
                         DialectName);

}  // namespace
}  // namespace seedance::testing
