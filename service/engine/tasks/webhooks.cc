#include "service/engine/tasks/webhooks.h"

#include "service/base/log.h"

namespace seedance::engine {

WebhookAnswer Webhooks::Receive(std::string_view token, std::string_view secret, std::string_view body) {
  const auto path = paths_.find(std::string(token));
  if (path == paths_.end()) return WebhookAnswer::kUnknownPath;
  const std::string& name = path->second;
  VendorAccount* account = upstreams_.Named(name);
  if (account == nullptr || !account->profile().webhooks) return WebhookAnswer::kUnknownPath;
  if (!account->upstream().IsWebhookSecret(secret)) {
    // Who knows the token is most likely the vendor, and the secret on one side a wrong one.
    base::Log(base::LogLevel::kWarning, "webhook_wrong_secret", {{"upstream", name}},
              {.cause = base::LogCause::kAnyone});
    return WebhookAnswer::kWrongSecret;
  }
  const std::string task = account->upstream().TaskOfWebhook(body);
  const bool known = !task.empty() && tracker_.Notify(name, task);
  base::Log(base::LogLevel::kDebug, "webhook", {{"upstream", name}, {"upstream_task_id", task}, {"open", known}},
            {.cause = base::LogCause::kAnyone});
  return WebhookAnswer::kTaken;
}

}  // namespace seedance::engine
