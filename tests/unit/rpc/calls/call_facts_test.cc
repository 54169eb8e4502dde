#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "service/base/error.h"
#include "service/base/sha256.h"
#include "service/rpc/calls/call_metrics.h"
#include "service/rpc/calls/tenants.h"

namespace seedance::rpc {
namespace {

using ::testing::HasSubstr;

TEST(Tenants, WithoutTokensEveryoneIsDefault) {
  const Tenants tenants({});
  EXPECT_EQ(*tenants.Authenticate(""), "default");
  EXPECT_EQ(*tenants.Authenticate("Bearer whatever"), "default");
}

TEST(Tenants, MoreThanOneTokenIsRefusedEvenWithACertificate) {
  const Tenants tenants({{base::Sha256Hex("one"), "a"}}, {{"cn:render", "a"}});
  const std::vector<std::string_view> one = {"Bearer one"};
  EXPECT_EQ(*tenants.Authenticate(one, {"cn:render"}), "a");
  EXPECT_EQ(*tenants.Authenticate(std::vector<std::string_view>(), {"cn:render"}), "a");
  const std::vector<std::string_view> two = {"Bearer one", "Bearer one"};
  EXPECT_EQ(tenants.Authenticate(two, {"cn:render"}).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(Tenants, KnowTheirTokensByHash) {
  const Tenants tenants({{base::Sha256Hex("one"), "a"}, {base::Sha256Hex("two"), "b"}, {base::Sha256Hex("3"), "a"}});
  EXPECT_EQ(*tenants.Authenticate("Bearer one"), "a");
  EXPECT_EQ(*tenants.Authenticate("bearer two"), "b");
  EXPECT_EQ(*tenants.Authenticate("Bearer 3"), "a");
}

TEST(Tenants, HashesMayBeInUpperCase) {
  std::string hash = base::Sha256Hex("one");
  for (char& c : hash) c = static_cast<char>(toupper(c));
  EXPECT_EQ(*Tenants({{hash, "a"}}).Authenticate("Bearer one"), "a");
}

TEST(Tenants, RefuseEveryoneElse) {
  const Tenants tenants({{base::Sha256Hex("one"), "a"}});
  for (const char* header : {"", "Bearer", "Bearer ", "Bearer two", "Basic one", "one", "Bearer one ", "Bearer  one"}) {
    const auto tenant = tenants.Authenticate(header);
    ASSERT_FALSE(tenant.ok()) << header;
    EXPECT_EQ(tenant.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(base::GetReason(tenant.status()), base::Reason::kUnauthenticated);
  }
}

TEST(Tenants, CertificateOfATenantNeedsNoToken) {
  const Tenants tenants({{base::Sha256Hex("one"), "a"}},
                        {{"dns:render", "b"}, {"cn:Render Farm", "b"}, {"uri:x", "c"}});
  EXPECT_EQ(*tenants.Authenticate("", {"cn:whoever", "dns:render"}), "b");
  EXPECT_EQ(*tenants.Authenticate("", {"cn:Render Farm", "dns:render"}), "b");
  EXPECT_EQ(*tenants.Authenticate("", {"uri:x"}), "c");
  EXPECT_EQ(*tenants.Authenticate("Bearer one", {"dns:stranger"}), "a") << "a certificate of nobody changes nothing";
}

TEST(Tenants, CertificatesAreComparedExactly) {
  const Tenants tenants({}, {{"dns:render", "b"}});
  for (const std::string name :
       {"dns:Render", "dns:render.", "dns:render.example", "cn:render", "uri:render", "render", "dns:*", "dns:", ""}) {
    EXPECT_EQ(tenants.Authenticate("", {name}).status().code(), absl::StatusCode::kUnauthenticated) << name;
  }
  EXPECT_EQ(tenants.Authenticate("").status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(tenants.Authenticate("Bearer one", {"dns:render"}).status().code(), absl::StatusCode::kUnauthenticated)
      << "an unknown token is not overlooked";
}

TEST(Tenants, TokenAndCertificateMustAgree) {
  const Tenants tenants({{base::Sha256Hex("one"), "a"}, {base::Sha256Hex("two"), "b"}},
                        {{"dns:b", "b"}, {"uri:c", "c"}});
  EXPECT_EQ(*tenants.Authenticate("Bearer two", {"dns:b"}), "b");
  const auto other = tenants.Authenticate("Bearer one", {"dns:b"});
  EXPECT_EQ(other.status().message(), "the bearer token and the client certificate belong to different tenants");
  EXPECT_EQ(base::GetReason(other.status()), base::Reason::kUnauthenticated);
  const auto several = tenants.Authenticate("", {"dns:b", "uri:c"});
  EXPECT_EQ(several.status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(*tenants.Authenticate("Bearer two", {"dns:b", "uri:c"}), "b");
}

TEST(CallMetricsTest, CallsAndMessagesAreCountedByMethod) {
  base::Metrics metrics;
  CallMetrics calls(&metrics);
  MethodMetrics& method = calls.Of("GetAsset");
  EXPECT_EQ(&calls.Of("GetAsset"), &method);
  method.Received(10);
  method.Sent(20);
  method.Sent(5);
  method.Ended(absl::StatusCode::kOk, absl::Milliseconds(3));
  method.Ended(absl::StatusCode::kNotFound, absl::Seconds(2));
  const std::string text = metrics.Scrape();
  EXPECT_THAT(text, HasSubstr("seedance_calls_total{code=\"OK\",method=\"GetAsset\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_calls_total{code=\"NOT_FOUND\",method=\"GetAsset\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_call_seconds_bucket{method=\"GetAsset\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seedance_call_seconds_count{method=\"GetAsset\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_messages_total{direction=\"sent\",method=\"GetAsset\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seedance_message_bytes_total{direction=\"sent\",method=\"GetAsset\"} 25\n"));
  EXPECT_THAT(text, HasSubstr("seedance_message_bytes_total{direction=\"received\",method=\"GetAsset\"} 10\n"));
}

TEST(CallMetricsTest, WithoutARegistryNothingIsMeasured) {
  CallMetrics calls(nullptr);
  calls.Of("GetAsset").Received(1);
  calls.Of("GetAsset").Ended(absl::StatusCode::kInternal, absl::Seconds(1));
}

}  // namespace
}  // namespace seedance::rpc
