#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_WEBHOOKS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_WEBHOOKS_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_tracker.h"

namespace seedance::engine {

// What became of a webhook.
enum class WebhookAnswer {
  kUnknownPath,  // No upstream has this path.
  kUnverified,   // The sender is not the vendor.
  kTaken,        // It was the vendor; also when its task is unknown or has ended.
};

// Takes the vendors' webhooks. A webhook is a hint that a task has news, never the news itself: the vendor is asked, so
// that false, repeated, late and lost ones do no harm.
//
// Thread-safe. Does not block on the store or on a vendor.
class Webhooks {
 public:
  // Hears of webhooks for tasks that this process does not poll. Must not block.
  using Elsewhere = std::function<void(const std::string& upstream, const std::string& upstream_task_id)>;

  // `paths`: names of upstreams by what stands behind `/webhooks/` in their URLs.
  Webhooks(std::map<std::string, std::string> paths, VendorAccounts& accounts, TaskTracker& tracker,
           Elsewhere elsewhere)
      : paths_(std::move(paths)), accounts_(accounts), tracker_(tracker), elsewhere_(std::move(elsewhere)) {}

  // `path`: what stands behind `/webhooks/` in the URL. `headers` and `body` as they came.
  WebhookAnswer Receive(std::string_view path, const upstream::WebhookHeaders& headers, std::string_view body);

 private:
  const std::map<std::string, std::string> paths_;
  VendorAccounts& accounts_;
  TaskTracker& tracker_;
  const Elsewhere elsewhere_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_WEBHOOKS_H_
