#include "service/engine/watch/resume_token.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"

namespace seedance::engine {
namespace {

constexpr char kScope[] = "generationTasks/1";

absl::Status CheckFails(const ResumeTokens& tokens, const std::string& token) {
  return tokens.Check(token, kScope, 10).status();
}

TEST(ResumeTokenTest, GivesBackWhatItWasMadeFrom) {
  const ResumeTokens tokens("epoch");
  for (const bool last : {false, true}) {
    const auto position = tokens.Check(tokens.Make(kScope, {7, last}), kScope, 10);
    ASSERT_TRUE(position.ok()) << position.status();
    EXPECT_EQ(position->revision, 7);
    EXPECT_EQ(position->last, last);
  }
}

TEST(ResumeTokenTest, AnEmptyTokenIsANewReader) {
  const auto position = ResumeTokens("epoch").Check("", kScope, 10);
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->revision, 0);
  EXPECT_FALSE(position->last);
}

TEST(ResumeTokenTest, TheNewestRevisionItselfIsAccepted) {
  const ResumeTokens tokens("epoch");
  EXPECT_TRUE(tokens.Check(tokens.Make(kScope, {10, false}), kScope, 10).ok());
}

TEST(ResumeTokenTest, ATextThatIsNoTokenIsInvalid) {
  const ResumeTokens tokens("epoch");
  const std::string good = tokens.Make(kScope, {7, false});
  std::string text;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(good, &text));
  const std::string scope_hash = text.substr(2, 16);
  for (const std::string& token :
       {std::string("!!"), std::string("AAAA"), good.substr(0, 12), absl::WebSafeBase64Escape("2" + text.substr(1)),
        absl::WebSafeBase64Escape(absl::StrCat("1|", scope_hash, "|seven||epoch")),
        absl::WebSafeBase64Escape(absl::StrCat("1|", scope_hash, "|-7||epoch")),
        absl::WebSafeBase64Escape(absl::StrCat("1|", scope_hash, "|99999999999999999999||epoch"))}) {
    const absl::Status status = CheckFails(tokens, token);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << token;
    ASSERT_EQ(base::GetErrorDetail(status).violations.size(), 1u) << token;
    EXPECT_EQ(base::GetErrorDetail(status).violations[0].field, "resume_token");
  }
}

TEST(ResumeTokenTest, ATokenOfAnotherStreamIsInvalid) {
  const ResumeTokens tokens("epoch");
  const absl::Status status = CheckFails(tokens, tokens.Make("generationTasks/2", {7, false}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::GetReason(status), base::Reason::kInvalidInput);
}

// The stream that the fresh token makes begins with the newest snapshot.
void ExpectFreshToken(const ResumeTokens& tokens, const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(base::GetReason(status), base::Reason::kResumeTokenExpired);
  const auto metadata = base::GetErrorDetail(status).metadata;
  ASSERT_EQ(metadata.count("resume_token"), 1u);
  const auto position = tokens.Check(metadata.at("resume_token"), kScope, 10);
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_EQ(position->revision, 9);
  EXPECT_FALSE(position->last);
}

TEST(ResumeTokenTest, ATokenOfAnotherStoreIsOutOfRangeWithAFreshOne) {
  const ResumeTokens tokens("epoch");
  ExpectFreshToken(tokens, CheckFails(tokens, ResumeTokens("another").Make(kScope, {7, true})));
}

TEST(ResumeTokenTest, ARevisionThatTheStoreHasNotReachedIsOutOfRangeWithAFreshToken) {
  const ResumeTokens tokens("epoch");
  ExpectFreshToken(tokens, CheckFails(tokens, tokens.Make(kScope, {11, false})));
}

absl::StatusOr<ResumeTokens::Position> CheckHistory(const ResumeTokens& tokens, const std::string& token) {
  return tokens.CheckHistory(token, TokenScope(kScope), /*forgotten=*/5, /*newest=*/10);
}

TEST(ResumeTokenTest, AHistoryGoesOnFromWhatIsNotForgotten) {
  const ResumeTokens tokens("epoch");
  for (const int64_t revision : {5, 7, 10}) {
    const auto position = CheckHistory(tokens, tokens.Make(kScope, {revision, false}));
    ASSERT_TRUE(position.ok()) << position.status();
    EXPECT_EQ(position->revision, revision);
  }
  EXPECT_EQ(CheckHistory(tokens, "")->revision, 0);
}

TEST(ResumeTokenTest, AHistoryThatIsForgottenOrOfAnotherStoreBeginsAnewWithTheFreshToken) {
  const ResumeTokens tokens("epoch");
  for (const std::string& token : {tokens.Make(kScope, {4, false}), tokens.Make(kScope, {11, false}),
                                   ResumeTokens("another").Make(kScope, {7, false})}) {
    const absl::Status status = CheckHistory(tokens, token).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(base::GetReason(status), base::Reason::kResumeTokenExpired);
    const std::string fresh = base::GetErrorDetail(status).metadata["resume_token"];
    const auto position = CheckHistory(tokens, fresh);
    ASSERT_TRUE(position.ok()) << position.status();
    EXPECT_EQ(position->revision, 0);
    // It works at a server with yet another store, too.
    EXPECT_TRUE(CheckHistory(ResumeTokens("third"), fresh).ok());
  }
}

TEST(ResumeTokenTest, AHistoryOfAnotherScopeIsInvalid) {
  const ResumeTokens tokens("epoch");
  for (const std::string& token :
       {tokens.Make("other", {7, false}), tokens.Make("other", {0, false}), std::string("nonsense")}) {
    const absl::Status status = CheckHistory(tokens, token).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(base::GetErrorDetail(status).violations.size(), 1u);
    EXPECT_EQ(base::GetErrorDetail(status).violations[0].field, "resume_token");
  }
}

TEST(ResumeTokenTest, AnEpochMayHoldTheSeparator) {
  const ResumeTokens tokens("a|b|c");
  EXPECT_TRUE(tokens.Check(tokens.Make(kScope, {7, true}), kScope, 10).ok());
}

TEST(ResumeTokenTest, IsShortAndFitForAHeader) {
  const std::string token =
      ResumeTokens("0190f5fe-7c00-7a00-8000-000000000001").Make(std::string(10'000, 'x'), {INT64_MAX, true});
  EXPECT_LE(token.size(), 256u);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

}  // namespace
}  // namespace seedance::engine
