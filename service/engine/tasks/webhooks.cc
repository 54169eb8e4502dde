#include "service/engine/tasks/webhooks.h"

#include "service/base/log.h"

namespace seedance::engine {

WebhookAnswer Webhooks::Receive(std::string_view path, const upstream::WebhookHeaders& headers, std::string_view body) {
  const auto known_path = paths_.find(std::string(path));
  if (known_path == paths_.end()) return WebhookAnswer::kUnknownPath;
  const std::string& name = known_path->second;
  VendorAccount* account = accounts_.Named(name);
  const upstream::WebhookApi* webhooks = account == nullptr ? nullptr : account->upstream().webhooks();
  if (webhooks == nullptr) return WebhookAnswer::kUnknownPath;
  if (!webhooks->Verify(headers, body)) {
    // Who knows the path is most likely the vendor, and the secret on one side a wrong one.
    base::Log(base::LogLevel::kWarning, "webhook_wrong_secret", {{"upstream", name}},
              {.cause = base::LogCause::kAnyone});
    return WebhookAnswer::kUnverified;
  }
  const std::string task = webhooks->TaskOfWebhook(body);
  const bool known = !task.empty() && tracker_.Notify(name, task);
  if (!task.empty() && !known) elsewhere_(name, task);
  base::Log(base::LogLevel::kDebug, "webhook", {{"upstream", name}, {"upstream_task_id", task}, {"open", known}},
            {.cause = base::LogCause::kAnyone});
  return WebhookAnswer::kTaken;
}

}  // namespace seedance::engine
