#include "service/model/page.h"

#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/escaping.h"
#include "service/base/error.h"

namespace seedance::model {
namespace {

TEST(PageToken, CursorComesBack) {
  for (const PageCursor& cursor :
       {PageCursor{1'790'000'000'000'001, "vendor~a1"}, PageCursor{-5, "with|bars|and~tilde"},
        PageCursor{std::numeric_limits<int64_t>::min(), "x"}, PageCursor{std::numeric_limits<int64_t>::max(), "x"}}) {
    const auto decoded = DecodePageToken(EncodePageToken(cursor, "filter"), "filter");
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, cursor);
  }
}

TEST(PageToken, EmptyTokenIsTheStart) {
  const auto decoded = DecodePageToken("", "filter");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->at_start());
}

TEST(PageToken, IsSafeInAUrl) {
  const std::string token = EncodePageToken({-1, std::string(100, '\xff')}, "?");
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

void ExpectRefused(const std::string& token) {
  const auto decoded = DecodePageToken(token, "filter");
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument) << token;
  const auto violations = base::GetErrorDetail(decoded.status()).violations;
  ASSERT_EQ(violations.size(), 1u) << token;
  EXPECT_EQ(violations[0].field, "page_token");
}

TEST(PageToken, OfAnotherFilterIsRefused) { ExpectRefused(EncodePageToken({1, "x"}, "other filter")); }

TEST(PageToken, ForeignTextIsRefused) {
  const std::string token = EncodePageToken({1, "x"}, "filter");
  std::string inside;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &inside));
  const std::string hash = inside.substr(2, 16);
  for (const std::string& text :
       {std::string("garbage"), std::string(), "2|" + hash + "|1|x", "1|" + hash + "|1", "1|" + hash + "|1|",
        "1|" + hash + "|one|x", "1|" + hash + "|99999999999999999999|x", "1|" + hash.substr(1) + "|1|x"}) {
    const std::string encoded = absl::WebSafeBase64Escape(text);
    if (!encoded.empty()) ExpectRefused(encoded);
  }
  ExpectRefused("not base64 !");
  ExpectRefused(token + "!");
  ExpectRefused(token.substr(0, token.size() / 2));
}

}  // namespace
}  // namespace seedance::model
