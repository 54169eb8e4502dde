#include "service/http/redirects.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "service/http/url.h"

namespace seedance::http {
namespace {

constexpr int kMaxRedirects = 5;

}  // namespace

bool IsRedirect(int status) { return (status >= 301 && status <= 303) || status == 307 || status == 308; }

absl::StatusOr<std::string> Redirects::Follow(const std::string& url, const HttpReply& reply) {
  if (++followed_ > kMaxRedirects) {
    return absl::FailedPreconditionError(absl::StrCat("it redirects more than ", kMaxRedirects, " times"));
  }
  const auto location = reply.headers.find("location");
  if (location == reply.headers.end() || location->second.empty()) {
    return absl::FailedPreconditionError("it redirects without a Location");
  }
  const std::optional<Url> from = ParseUrl(url);
  const std::optional<std::string> next = from.has_value() ? ResolveUrl(*from, location->second) : std::nullopt;
  const std::optional<Url> to = next.has_value() ? ParseUrl(*next) : std::nullopt;
  if (!to.has_value()) return absl::FailedPreconditionError("it redirects to an invalid URL");
  if (!to->https && (!allow_plain_http_ || from->https)) {
    return absl::FailedPreconditionError("it redirects to a URL that is not https");
  }
  return *next;
}

}  // namespace seedance::http
