#ifndef SEEDANCE_TESTS_SANDBOX_SANDBOX_H_
#define SEEDANCE_TESTS_SANDBOX_SANDBOX_H_

#include <string>

#include "absl/status/status.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/wire/control_api.h"
#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/wire/faults.h"
#include "tests/sandbox/wire/request_log.h"
#include "tests/sandbox/wire/vendor_server.h"
#include "tests/sandbox/world/ids.h"
#include "tests/sandbox/world/ledger.h"
#include "tests/sandbox/world/links.h"
#include "tests/sandbox/world/virtual_clock.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// An emulated vendor with its two ports. State is in memory and dies with the object.
class Sandbox {
 public:
  explicit Sandbox(Options options);
  ~Sandbox() { Stop(); }

  // Binds and serves both ports. Errors: INVALID_ARGUMENT (no such address), UNAVAILABLE (port taken).
  absl::Status Start();

  // Breaks all connections; returns within milliseconds. May be called twice.
  void Stop();

  // Bound addresses `host:port`.
  const std::string& listen() const { return listen_; }
  const std::string& control() const { return control_; }

 private:
  Shared MakeShared();
  void Reset();

  const Options options_;
  VirtualClock clock_;
  Ids ids_;
  Ledger ledger_;
  World world_;
  const Links links_;
  PiApiLibrary library_;
  PiApiAccount account_;
  EphemeralFiles uploads_;
  UrlFetcher fetcher_;
  Webhooks webhooks_;
  Faults faults_;
  RequestLog log_;
  VendorServer vendor_;
  ControlApi control_api_;
  std::string listen_;
  std::string control_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_SANDBOX_H_
