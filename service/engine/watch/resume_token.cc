#include "service/engine/watch/resume_token.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::engine {
namespace {

absl::Status ExpiredError(std::string_view message, std::string fresh_token) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kResumeTokenExpired;
  detail.metadata["resume_token"] = std::move(fresh_token);
  return base::MakeError(message, detail);
}

}  // namespace

TokenScope::TokenScope(std::string_view text) : hash_(base::Sha256Hex(text).substr(0, 16)) {}

std::string ResumeTokens::Make(const TokenScope& scope, const Position& position) const {
  return absl::WebSafeBase64Escape(
      absl::StrCat("1|", scope.hash(), "|", position.revision, position.last ? "|last|" : "||", epoch_));
}

absl::StatusOr<ResumeTokens::Parsed> ResumeTokens::Parse(std::string_view token, const TokenScope& scope) const {
  Parsed parsed;
  std::string text;
  const bool decoded = absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &text);
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('|', 4));
  if (!decoded || parts.size() != 5 || parts[0] != "1" || !absl::SimpleAtoi(parts[2], &parsed.position.revision) ||
      parsed.position.revision < 0) {
    return base::InvalidField("resume_token", "must be a resume_token of this method");
  }
  if (parts[1] != scope.hash()) return base::InvalidField("resume_token", "belongs to another stream");
  parsed.position.last = parts[3] == "last";
  parsed.foreign = parts[4] != epoch_;
  return parsed;
}

absl::StatusOr<ResumeTokens::Position> ResumeTokens::Check(std::string_view token, std::string_view scope,
                                                           int64_t newest) const {
  if (token.empty()) return Position{};
  const absl::StatusOr<Parsed> parsed = Parse(token, TokenScope(scope));
  if (!parsed.ok()) return parsed.status();
  if (!parsed->foreign && parsed->position.revision <= newest) return parsed->position;
  return ExpiredError("the resume token belongs to another store; continue with the token in the error details",
                      Make(scope, {newest - 1, false}));
}

absl::StatusOr<ResumeTokens::Position> ResumeTokens::CheckHistory(std::string_view token, const TokenScope& scope,
                                                                  int64_t forgotten, int64_t newest) const {
  if (token.empty()) return Position{};
  const absl::StatusOr<Parsed> parsed = Parse(token, scope);
  if (!parsed.ok()) return parsed.status();
  const Position& position = parsed->position;
  // A new reader's: there is nothing behind it that could be of another store.
  if (position.revision == 0) return Position{};
  if (parsed->foreign || position.revision > newest || position.revision < forgotten) return Expired(scope);
  return position;
}

absl::Status ResumeTokens::Expired(const TokenScope& scope) const {
  return ExpiredError(
      "the resume token is too old or belongs to another store; restart with the token in the error details",
      Make(scope, Position{}));
}

}  // namespace seedance::engine
