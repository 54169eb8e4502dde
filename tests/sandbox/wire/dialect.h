#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_DIALECT_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_DIALECT_H_

#include <string>

#include "tests/sandbox/options.h"
#include "tests/sandbox/piapi/account.h"
#include "tests/sandbox/piapi/library.h"
#include "tests/sandbox/wire/http_call.h"
#include "tests/sandbox/world/ephemeral_files.h"
#include "tests/sandbox/world/ids.h"
#include "tests/sandbox/world/ledger.h"
#include "tests/sandbox/world/links.h"
#include "tests/sandbox/world/url_fetcher.h"
#include "tests/sandbox/world/virtual_clock.h"
#include "tests/sandbox/world/webhooks.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// What all dialects share. Outlives them.
struct Shared {
  const Options& options;
  VirtualClock& clock;
  Ids& ids;
  Ledger& ledger;
  World& world;
  const Links& links;
  PiApiLibrary& library;
  PiApiAccount& account;
  EphemeralFiles& uploads;
  UrlFetcher& fetcher;
  Webhooks& webhooks;
};

// The REST API of one vendor. Thread-safe.
class Dialect {
 public:
  virtual ~Dialect() = default;

  // True for paths below which all calls are this dialect's, also those without a route.
  virtual bool Owns(const std::string& path) const = 0;

  // The route that serves the call, for example `GET /v1/video/generations/{id}`; empty when this dialect has none.
  virtual std::string Route(const std::string& method, const std::string& path) const = 0;

  // Answers any call; one without a route as the vendor answers it.
  virtual ApiReply Handle(const ApiCall& call) = 0;

  // A refusal in the form of the vendor's middleware, for injected faults.
  virtual ApiReply Refuse(int status, const std::string& message) = 0;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_DIALECT_H_
