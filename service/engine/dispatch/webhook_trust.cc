#include "service/engine/dispatch/webhook_trust.h"

#include "service/base/log.h"

namespace seedance::engine {

void WebhookTrust::Arrived(const std::string& upstream) {
  {
    base::MutexLock lock(mutex_);
    if (!trusted_.insert(upstream).second) return;
  }
  base::Log(base::LogLevel::kInfo, "webhooks_trusted", {{"upstream", upstream}});
}

void WebhookTrust::Missed(const std::string& upstream) {
  {
    base::MutexLock lock(mutex_);
    if (trusted_.erase(upstream) == 0) return;
  }
  base::Log(base::LogLevel::kWarning, "webhook_missed", {{"upstream", upstream}});
}

bool WebhookTrust::Trusts(const std::string& upstream) {
  base::MutexLock lock(mutex_);
  return trusted_.count(upstream) > 0;
}

}  // namespace seedance::engine
