#ifndef SEEDANCE_TESTS_SANDBOX_DIALECT_H_
#define SEEDANCE_TESTS_SANDBOX_DIALECT_H_

#include <string>

#include "tests/sandbox/ephemeral_files.h"
#include "tests/sandbox/http_call.h"
#include "tests/sandbox/ids.h"
#include "tests/sandbox/ledger.h"
#include "tests/sandbox/links.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/piapi_account.h"
#include "tests/sandbox/piapi_library.h"
#include "tests/sandbox/url_fetcher.h"
#include "tests/sandbox/virtual_clock.h"
#include "tests/sandbox/webhooks.h"
#include "tests/sandbox/world.h"

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

#endif  // SEEDANCE_TESTS_SANDBOX_DIALECT_H_
