#include "service/engine/resume_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::engine {
namespace {

std::string ScopeHash(std::string_view scope) { return base::Sha256Hex(scope).substr(0, 16); }

}  // namespace

std::string ResumeTokens::Make(std::string_view scope, const Position& position) const {
  return absl::WebSafeBase64Escape(
      absl::StrCat("1|", ScopeHash(scope), "|", position.revision, position.last ? "|last|" : "||", epoch_));
}

absl::StatusOr<ResumeTokens::Position> ResumeTokens::Check(std::string_view token, std::string_view scope,
                                                           int64_t newest) const {
  Position position;
  if (token.empty()) return position;
  std::string text;
  const bool decoded = absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &text);
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('|', 4));
  if (!decoded || parts.size() != 5 || parts[0] != "1" || !absl::SimpleAtoi(parts[2], &position.revision) ||
      position.revision < 0) {
    return base::InvalidField("resume_token", "must be a resume_token of this method");
  }
  if (parts[1] != ScopeHash(scope)) return base::InvalidField("resume_token", "belongs to another stream");
  position.last = parts[3] == "last";
  if (parts[4] == epoch_ && position.revision <= newest) return position;
  base::ErrorDetail detail;
  detail.reason = base::Reason::kResumeTokenExpired;
  detail.metadata["resume_token"] = Make(scope, {newest - 1, false});
  return base::MakeError("the resume token is of another store; go on with the one in the details", detail);
}

}  // namespace seedance::engine
