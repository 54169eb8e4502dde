#include "tests/contract/upstream/dialect.h"

namespace seedance::testing {

std::vector<UpstreamDialect> AllDialects() { return {AnyFastDialect(), PiApiDialect()}; }

std::vector<UpstreamDialect> DialectsWith(Capability capability) {
  std::vector<UpstreamDialect> having;
  for (const UpstreamDialect& dialect : AllDialects()) {
    if (dialect.capabilities.count(capability) > 0) having.push_back(dialect);
  }
  return having;
}

}  // namespace seedance::testing
