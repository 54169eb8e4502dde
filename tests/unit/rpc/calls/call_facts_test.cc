#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "service/base/error.h"
#include "service/base/sha256.h"
#include "service/rpc/calls/tenants.h"
#include "service/rpc/calls/trace.h"

namespace seedance::rpc {
namespace {

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

TEST(Trace, GoodTraceparentIsContinued) {
  base::SeededRandom random(1);
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(ContinueTrace(good, random), good);
  EXPECT_EQ(TraceId(good), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Trace, BadTraceparentIsReplaced) {
  base::SeededRandom random(1);
  for (const char* bad : {"", "00", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}) {
    EXPECT_FALSE(IsTraceparent(bad)) << bad;
    const std::string made = ContinueTrace(bad, random);
    EXPECT_TRUE(IsTraceparent(made)) << made;
  }
}

}  // namespace
}  // namespace seedance::rpc
