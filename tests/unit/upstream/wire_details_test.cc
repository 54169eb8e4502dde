// The small parts: URLs, proxy settings, texts of vendors, link expiry, Retry-After, JSON access.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "service/http/proxy_settings.h"
#include "service/http/retry_after.h"
#include "service/http/url.h"
#include "service/upstream/json_node.h"
#include "service/upstream/link_expiry.h"
#include "service/upstream/vendor_text.h"

namespace seedance::upstream {
namespace {

TEST(Url, Parts) {
  const std::optional<http::Url> url = http::ParseUrl("HTTPS://Host.Example:8443?q=ä#f");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->https);
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/?q=%C3%A4");
  EXPECT_EQ(url->HostHeader(), "host.example:8443");
  EXPECT_EQ(http::ParseUrl("http://[::1]/x")->HostHeader(), "[::1]");
  EXPECT_EQ(http::ParseUrl("https://h:443/x")->HostHeader(), "h");
  EXPECT_EQ(http::ParseUrl("https://h/x")->Authority(), "h:443");
  for (const char* bad :
       {"http://[::1", "http://h:0/", "http://h:1x/", "http://h:-1/", "https:///x", "//h/", "http://h/\n"}) {
    EXPECT_EQ(http::ParseUrl(bad), std::nullopt) << bad;
  }
}

TEST(Url, LocationsAreResolved) {
  const http::Url base = *http::ParseUrl("https://h.example:8443/a/b?q=1");
  EXPECT_EQ(http::ResolveUrl(base, "https://o.example/x"), "https://o.example/x");
  EXPECT_EQ(http::ResolveUrl(base, "//o.example/x"), "https://o.example/x");
  EXPECT_EQ(http::ResolveUrl(base, "/x?y"), "https://h.example:8443/x?y");
  EXPECT_EQ(http::ResolveUrl(base, "x"), "https://h.example:8443/a/x");
  EXPECT_EQ(http::ResolveUrl(base, "?z=2"), "https://h.example:8443/a/b?z=2");
  EXPECT_EQ(http::ResolveUrl(base, "/t=10:30"), "https://h.example:8443/t=10:30");
  for (const char* bad : {"", "mailto:a@b", "http://", "//", "/a\nb", "https://u@h/"}) {
    EXPECT_EQ(http::ResolveUrl(base, bad), std::nullopt) << bad;
  }
}

struct NoProxyRow {
  const char* list;
  const char* host;
  int port;
  bool covered;
};

constexpr NoProxyRow kNoProxy[] = {
    {"", "a.example", 443, false},
    {"*", "a.example", 443, true},
    {"a.example", "a.example", 443, true},
    {"example", "a.example", 443, true},
    {".example", "a.example", 443, true},
    {".a.example", "a.example", 443, true},
    {"xample", "a.example", 443, false},
    {"b.example, A.Example", "a.example", 443, true},
    {"b.example a.example", "a.example", 443, true},
    {"a.example:443", "a.example", 443, true},
    {"a.example:80", "a.example", 443, false},
    {"a.example.com", "a.example", 443, false},
    {"10.0.0.0/8", "10.200.3.4", 80, true},
    {"10.0.0.0/8", "11.0.0.1", 80, false},
    {"10.0.0.0/8", "10.example", 80, false},
    {"192.168.4.0/22", "192.168.7.9", 80, true},
    {"192.168.4.0/22", "192.168.8.9", 80, false},
    {"::1", "::1", 80, true},
    {"fd00::/8", "fd12::1", 80, true},
    {"127.0.0.1", "127.0.0.1", 8080, true},
    {".", "a.example", 443, false},
    {"10.0.0.0/99,/,:", "10.0.0.1", 443, false},
};

TEST(ProxySettings, NoProxyTable) {
  for (const NoProxyRow& row : kNoProxy) {
    EXPECT_EQ(http::NoProxyCovers(row.list, row.host, row.port), row.covered) << row.list << " " << row.host;
  }
}

http::ProxySettings Settings(const std::string& configured, std::map<std::string, std::string> variables) {
  return http::ProxySettings(configured, [variables](const char* name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    if (it == variables.end()) return std::nullopt;
    return it->second;
  });
}

TEST(ProxySettings, ComeFromTheEnvironmentByScheme) {
  const http::ProxySettings settings = Settings("", {{"https_proxy", "http://p1:3128"},
                                                     {"HTTPS_PROXY", "http://p2:1"},
                                                     {"HTTP_PROXY", "p3:8080/"},
                                                     {"NO_PROXY", "internal"}});
  EXPECT_EQ(settings.For(*http::ParseUrl("https://a.example/"))->host, "p1");
  EXPECT_EQ(settings.For(*http::ParseUrl("https://a.example/"))->port, 3128);
  EXPECT_EQ(settings.For(*http::ParseUrl("http://a.example/"))->host, "p3");
  EXPECT_EQ(settings.For(*http::ParseUrl("http://x.internal/")), std::nullopt);
  EXPECT_EQ(Settings("", {}).For(*http::ParseUrl("http://a.example/")), std::nullopt);
}

TEST(ProxySettings, ConfiguredOneServesEverything) {
  const http::ProxySettings settings =
      Settings("http://u:p@cfg:1", {{"https_proxy", "http://env:2"}, {"no_proxy", "*"}});
  EXPECT_EQ(settings.For(*http::ParseUrl("https://a.example/"))->host, "cfg");
  EXPECT_EQ(settings.For(*http::ParseUrl("http://a.example/"))->authorization, "Basic dTpw");
}

TEST(ProxySettings, UnknownKindsAreAnErrorNotADirectConnection) {
  const http::ProxySettings settings = Settings("", {{"https_proxy", "socks5://user:secret@p:1"}});
  EXPECT_FALSE(settings.ErrorFor(*http::ParseUrl("https://a.example/")).empty());
  EXPECT_THAT(settings.ErrorFor(*http::ParseUrl("https://a.example/")), ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_TRUE(settings.ErrorFor(*http::ParseUrl("http://a.example/")).empty());
}

TEST(VendorText, LosesKeysRequestIdsQueriesAndControls) {
  const base::Secret key("my-key-123");
  EXPECT_EQ(CleanVendorText("no my-key-123 here", key), "no *** here");
  EXPECT_EQ(CleanVendorText("token sk-abcdef123456, Bearer abc.def", key), "token ***, Bearer ***");
  EXPECT_EQ(CleanVendorText("failed (request id: 20260601x) now", key), "failed now");
  EXPECT_EQ(CleanVendorText("failed. Request id: 0217xyz", key), "failed.");
  EXPECT_EQ(CleanVendorText(R"({"request_id":"r-1","a":1})", key), R"({"","a":1})");
  EXPECT_EQ(CleanVendorText("see https://h/p?sig=abc&x=1 ok", key), "see https://h/p ok");
  EXPECT_EQ(CleanVendorText("a\r\n\tb\x01", key), "a b");
  EXPECT_EQ(CleanVendorText("", base::Secret()), "");
}

TEST(VendorText, IsBoundedAtAWholeCharacter) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "任";
  const std::string clean = CleanVendorText(text, base::Secret());
  EXPECT_EQ(clean.size(), 510u);
  EXPECT_EQ(BoundUtf8("a\xff\xe4\xbb", 10), "a???");
}

TEST(LinkExpiry, FromTheSignature) {
  const auto text = [](const char* url) {
    const std::optional<absl::Time> time = LinkExpiry(url);
    return time.has_value() ? absl::FormatTime("%Y-%m-%dT%H:%M:%S", *time, absl::UTCTimeZone()) : "none";
  };
  EXPECT_EQ(text("https://h/v.mp4?X-Amz-Date=20260601T000000Z&X-Amz-Expires=86400"), "2026-06-02T00:00:00");
  EXPECT_EQ(text("https://h/v.mp4?a=b&X-Tos-Expires=60&X-Tos-Date=20260601T235930Z#x"), "2026-06-02T00:00:30");
  EXPECT_EQ(text("https://h/v.mp4?Expires=1780000000&Signature=a%3D"), "2026-05-28T20:26:40");
  EXPECT_EQ(text("https://h/v.mp4?x-expires=1780000000"), "2026-05-28T20:26:40");
  EXPECT_EQ(text("https://h/v.mp4?Expires=3600"), "none");
  EXPECT_EQ(text("https://h/v.mp4?X-Amz-Date=yesterday&X-Amz-Expires=60"), "none");
  EXPECT_EQ(text("https://h/v.mp4"), "none");
  EXPECT_EQ(text(""), "none");
}

TEST(RetryAfter, SecondsOrDate) {
  const absl::Time now = absl::FromUnixSeconds(1780000000);
  const auto parse = [&](const std::string& text) { return http::ParseRetryAfter(text, now, absl::Minutes(5)); };
  EXPECT_EQ(parse("0"), absl::ZeroDuration());
  EXPECT_EQ(parse("1.5"), absl::Milliseconds(1500));
  EXPECT_EQ(parse(" 7 "), absl::Seconds(7));
  // All forms that RFC 9110 has for dates.
  EXPECT_EQ(parse("Thu, 28 May 2026 20:27:00 GMT"), absl::Seconds(20));
  EXPECT_EQ(parse("Thursday, 28-May-26 20:27:00 GMT"), absl::Seconds(20));
  EXPECT_EQ(parse("Thu May 28 20:27:00 2026"), absl::Seconds(20));
  EXPECT_EQ(parse("Thu, 28 May 2020 20:27:00 GMT"), absl::ZeroDuration());
}

TEST(RetryAfter, IsBoundedAndGarbageIsNone) {
  const absl::Time now = absl::FromUnixSeconds(1780000000);
  for (const std::string& huge :
       {std::string("86400"), std::string("99999999"), std::string(400, '9'),
        std::string("Thu, 28 May 2099 20:27:00 GMT"), std::string("Fri, 31 Dec 9999 23:59:59 GMT")}) {
    EXPECT_EQ(http::ParseRetryAfter(huge, now, absl::Minutes(5)), absl::Minutes(5)) << huge;
    EXPECT_EQ(http::ParseRetryAfter(huge, now, absl::Seconds(1)), absl::Seconds(1)) << huge;
  }
  for (const char* bad :
       {"", "soon", "-5", "nan", "inf", "1e9", "0x10", "5s", "1.2.3", ".", "Thu, 99 May 2026 20:27:00 GMT"}) {
    EXPECT_EQ(http::ParseRetryAfter(bad, now, absl::Minutes(5)), std::nullopt) << bad;
  }
}

TEST(JsonNode, NeverThrowsWhateverIsThere) {
  const JsonNode root = JsonNode::Parse(R"({"a":{"b":[1,"2%",2.9,null,true,"x",1e300]},"t":"false"})");
  EXPECT_EQ(root["a"]["b"][0].Integer(), 1);
  EXPECT_EQ(root["a"]["b"][1].Integer(), 2);
  EXPECT_EQ(root["a"]["b"][2].Integer(), 2);
  EXPECT_EQ(root["a"]["b"][3].Integer(), std::nullopt);
  EXPECT_EQ(root["a"]["b"][4].Text(), "true");
  EXPECT_EQ(root["a"]["b"][5].Integer(), std::nullopt);
  EXPECT_EQ(root["a"]["b"][6].Integer(), std::nullopt);
  EXPECT_EQ(root["a"]["b"].size(), 7u);
  EXPECT_EQ(root["t"].Truth(), false);
  EXPECT_FALSE(root["a"]["x"]["y"][9]["z"].exists());
  EXPECT_EQ(root["a"].Text(), "");
  for (const char* bad : {"", "{", "\xff", "{\"a\":", "nul"}) EXPECT_FALSE(JsonNode::Parse(bad)["a"].exists());
  EXPECT_TRUE(JsonNode::Parse(std::string(100000, '[')).Text().empty());
}

std::string Repeated(size_t times, const std::string& text) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

// An array of so many values in all, itself included.
std::string ArrayOf(size_t nodes, const std::string& element) {
  return "[" + Repeated(nodes - 2, element + ",") + element + "]";
}

TEST(JsonNode, TextsBeyondTheLimitsAreNotRead) {
  const std::string deepest = Repeated(JsonNode::kMaxDepth, "[") + Repeated(JsonNode::kMaxDepth, "]");
  EXPECT_TRUE(JsonNode::Parse(deepest).IsArray());
  EXPECT_FALSE(JsonNode::Parse("[" + deepest + "]").exists());
  EXPECT_FALSE(JsonNode::Parse(Repeated(65, R"({"a":)") + "1" + Repeated(65, "}")).exists());
  EXPECT_EQ(JsonNode::Parse(ArrayOf(JsonNode::kMaxNodes, "1")).size(), JsonNode::kMaxNodes - 1);
  for (const char* element : {"1", "[]", "{}", "\"\"", R"({"a":1})", "[[1]]"}) {
    EXPECT_FALSE(JsonNode::Parse(ArrayOf(JsonNode::kMaxNodes + 1, element)).exists()) << element;
  }
  EXPECT_FALSE(JsonNode::Parse("{" + Repeated(JsonNode::kMaxNodes, R"("a":1,)") + R"("a":1})").exists());
}

struct BrokenRow {
  const char* name;
  std::string text;   // Of a JSON string, between its quotes.
  std::string value;  // As it is read.
};

TEST(JsonNode, ABrokenCharacterHidesNothingElse) {
  const BrokenRow rows[] = {
      {"high surrogate alone", "cut \\ud83d", "cut \uFFFD"},
      {"high surrogate before text", "\\uD83Dx", "\uFFFDx"},
      {"low surrogate alone", "a\\ude00b", "a\uFFFDb"},
      {"high, then an escape that is no half", "\\ud83d\\u0041", "\uFFFDA"},
      {"two high ones, then a pair", "\\ud83d\\ud83d\\ude00", "\uFFFD\xF0\x9F\x98\x80"},
      {"halves in the wrong order", "\\ude00\\ud83d", "\uFFFD\uFFFD"},
      {"high before the end of a quoted quote", "\\ud83d\\\"", "\uFFFD\""},
      {"cut UTF-8", "\xe5\x9b", "\uFFFD\uFFFD"},
      {"Latin-1", "caf\xe9!", "caf\uFFFD!"},
      {"a surrogate as UTF-8", "\xed\xa0\xbd", "\uFFFD\uFFFD\uFFFD"},
      {"overlong", "\xc0\xaf", "\uFFFD\uFFFD"},
      {"bare line end and NUL", std::string("a\nb\0c", 5), "a\uFFFDb\uFFFDc"},
      {"no such escape", "C:\\x \\'", "C:\uFFFDx \uFFFD'"},
      {"escape that is cut", "\\u12", "\uFFFDu12"},
  };
  for (const BrokenRow& row : rows) {
    for (const std::string& text :
         {R"({"id":"t","s":")" + row.text + R"(","n":[1,2]})",
          R"({"n":[1,2],")" + row.text + R"(":")" + row.text + R"(","s":")" + row.text + R"(","id":"t"})"}) {
      const JsonNode root = JsonNode::Parse(text);
      EXPECT_EQ(root["id"].Text(), "t") << row.name;
      EXPECT_EQ(root["s"].Text(), row.value) << row.name;
      EXPECT_EQ(root["n"].size(), 2u) << row.name;
    }
  }
}

TEST(JsonNode, RepairMendsCharactersOnlyAndKeepsTheLimits) {
  for (const char* bad : {"{\"a\":\"\\ud83d\"", "{\"a\":\"\\ud83d}", "{\"a\":\xff}", "[\"\xff\",]", "\"\\\""}) {
    EXPECT_FALSE(JsonNode::Parse(bad).exists()) << bad;
  }
  EXPECT_FALSE(JsonNode::Parse(ArrayOf(JsonNode::kMaxNodes + 1, "\"\\ud83d\"")).exists());
  EXPECT_FALSE(
      JsonNode::Parse(Repeated(JsonNode::kMaxDepth + 1, "[") + "\"\xff\"" + Repeated(JsonNode::kMaxDepth + 1, "]"))
          .exists());
}

TEST(JsonNode, BracketsAndCommasInStringsDoNotCount) {
  const std::string text = Repeated(300'000, "[,{");
  EXPECT_EQ(JsonNode::Parse("\"" + text + "\"").Text(), text);
  EXPECT_EQ(JsonNode::Parse(R"({"a":"\\\"[[","b":"]\\"})")["a"].Text(), R"(\"[[)");
  EXPECT_FALSE(JsonNode::Parse(R"("\\)"
                               "\"" +
                               ArrayOf(JsonNode::kMaxNodes + 1, "1"))
                   .exists());
}

TEST(Url, LinksThatAreKeptAreBounded) {
  EXPECT_TRUE(http::IsLink("https://h/" + std::string(8000, 'x')));
  EXPECT_FALSE(http::IsLink("https://h/" + std::string(9000, 'x')));
  for (const char* bad : {"", "javascript:alert(1)", "file:///etc/passwd", "https://u:p@h/", "https://h/a b"}) {
    EXPECT_FALSE(http::IsLink(bad)) << bad;
  }
}

}  // namespace
}  // namespace seedance::upstream
