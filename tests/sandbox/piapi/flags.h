#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_FLAGS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_FLAGS_H_

#include <cstdint>
#include <optional>

#include "tests/sandbox/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace seedance::sandbox {

// The command line of PiAPI and its webhooks. Lives as long as the parser.
class PiApiFlags {
 public:
  void AddTo(CLI::App& app);

  // Puts what was parsed into `options`.
  void Apply(Options& options) const;

 private:
  void AddRefusalsTo(CLI::App& app);
  void AddWebhooksTo(CLI::App& app);

  PiApiOptions piapi_;
  WebhookOptions webhook_;
  std::optional<double> ttl_seconds_;
  int64_t webhook_delay_ms_ = 0;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_FLAGS_H_
