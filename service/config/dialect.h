#ifndef SEEDANCE_SERVICE_CONFIG_DIALECT_H_
#define SEEDANCE_SERVICE_CONFIG_DIALECT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/clock.h"
#include "service/config/yaml_message.h"
#include "service/engine/dispatch/vendor_account.h"
#include "service/model/profile.h"
#include "service/upstream/upstream.h"

namespace seedance::config {

// What the configuration knows about one dialect: its message in Upstream.dialect. Every function gets an Upstream that
// has this message. Without state.
//
// Tests: tests/unit/config/config_upstreams_test.cc, tests/unit/config/engine_config_test.cc
class Dialect {
 public:
  using Upstream = gateway::config::v1::Upstream;

  virtual ~Dialect() = default;

  // Name of the field of its message, also in the paths of its webhooks.
  virtual std::string name() const = 0;

  // Fills in defaults and appends a problem for each broken rule; paths begin with `path`, for example
  // `upstreams[0].anyfast.`.
  virtual void ApplyRules(Upstream& upstream, const gateway::config::v1::Admin& admin, const std::string& path,
                          std::vector<ConfigProblem>& problems) const = 0;

  // The documented profile, with the default model and what else its message says about it.
  virtual model::UpstreamProfile Profile(const Upstream& upstream) const = 0;

  virtual const gateway::config::v1::Http& http(const Upstream& upstream) const = 0;
  virtual gateway::config::v1::Http& mutable_http(Upstream& upstream) const = 0;
  virtual const gateway::config::v1::Secret& api_key(const Upstream& upstream) const = 0;
  // Null: it gets no webhooks.
  virtual const gateway::config::v1::Secret* webhook_secret(const Upstream&) const { return nullptr; }

  // What is made of its usage log. The functions from here on expect a checked configuration.
  virtual engine::UsageLogOptions UsageLog(const Upstream&) const { return {}; }

  // The account. `public_base_url`: of the admin server. FAILED_PRECONDITION when a secret cannot be read.
  virtual absl::StatusOr<std::unique_ptr<upstream::Upstream>> Make(const Upstream& upstream,
                                                                   const std::string& public_base_url,
                                                                   base::Clock& clock) const = 0;
};

// The table of dialects, in dialects.cc.
const Dialect& AnyFastConfig();
const Dialect& PiApiConfig();

// The dialect of `upstream`; null: none is set.
const Dialect* FindDialect(const gateway::config::v1::Upstream& upstream);
// The same of a checked configuration.
const Dialect& DialectOf(const gateway::config::v1::Upstream& upstream);
// Names of all dialects, in the order of the table.
std::vector<std::string> DialectNames();

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_DIALECT_H_
