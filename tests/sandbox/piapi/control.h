#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_CONTROL_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_CONTROL_H_

#include "absl/status/statusor.h"
#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// The control port's calls about PiAPI; README.md describes them. Thread-safe.
class PiApiControl {
 public:
  explicit PiApiControl(Shared shared) : shared_(shared) {}

  Json Accounts();
  absl::StatusOr<Json> SetPoints(const Json& body);
  Json Uploads();
  Json Webhooks();
  absl::StatusOr<Json> SetWebhooks(const Json& body);

  // Appends the managed assets to `assets`, in the form of GET /assets.
  void AddAssets(Json& assets);

 private:
  Shared shared_;
};

// The members that every asset has at the control port.
Json ControlAssetJson(const Asset& asset, absl::Time now);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_CONTROL_H_
