#include "service/config/webhook_path.h"

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"

namespace seedance::config {

std::string WebhookPath(const std::string& dialect, const std::string& upstream, const base::Secret& secret) {
  constexpr size_t kDigits = 32;
  const std::string token = base::Sha256Hex(absl::StrCat("webhook path\n", upstream, "\n", secret.Reveal()));
  return absl::StrCat(dialect, "/", token.substr(0, kDigits));
}

std::string WebhookUrl(const std::string& public_base_url, const std::string& path) {
  return absl::StrCat(public_base_url, "/webhooks/", path);
}

}  // namespace seedance::config
