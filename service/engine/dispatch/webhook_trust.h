#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_WEBHOOK_TRUST_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_WEBHOOK_TRUST_H_

#include <set>
#include <string>

#include "service/base/mutex.h"

namespace seedance::engine {

// Whose webhooks can be relied on, so that polls may be rare. Each change is logged. Thread-safe.
//
// Tests: tests/unit/engine/tasks/webhooks_test.cc
class WebhookTrust {
 public:
  // A webhook about an open task came in: the upstream is trusted from now on.
  void Arrived(const std::string& upstream);

  // A poll that no webhook caused found the end of a task: the trust is over, until a webhook arrives.
  void Missed(const std::string& upstream);

  bool Trusts(const std::string& upstream);

 private:
  base::Mutex mutex_;
  std::set<std::string> trusted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_WEBHOOK_TRUST_H_
