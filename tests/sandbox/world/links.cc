#include "tests/sandbox/world/links.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"

namespace seedance::sandbox {

std::string Links::Sign(const std::string& host, const std::string& path, absl::Time expires) const {
  const std::string seconds = absl::StrCat(absl::ToUnixSeconds(expires));
  return absl::StrCat("http://", host, path, "?Expires=", seconds, "&Signature=", Signature(path, seconds));
}

Links::Verdict Links::Check(const ApiCall& call, absl::Time now) const {
  const std::string expires = call.Query("Expires");
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(expires, &seconds) || call.Query("Signature") != Signature(call.path, expires)) {
    return Verdict::kForged;
  }
  return now < absl::FromUnixSeconds(seconds) ? Verdict::kGood : Verdict::kExpired;
}

std::string Links::Signature(const std::string& path, const std::string& expires) const {
  return base::Sha256Hex(absl::StrCat(secret_, "\n", path, "\n", expires)).substr(0, 40);
}

}  // namespace seedance::sandbox
