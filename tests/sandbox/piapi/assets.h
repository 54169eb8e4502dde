#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_ASSETS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_ASSETS_H_

#include <string>
#include <variant>

#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// /api/v1/asset/ of PiAPI: a flat library without groups. Thread-safe.
class PiApiAssets {
 public:
  explicit PiApiAssets(Shared shared) : shared_(shared) {}

  // One asset (an object with `url`) or a batch (an array, or an object with `assets`).
  ApiReply Upload(const std::string& key, const ApiCall& call);
  ApiReply List(const std::string& key, const ApiCall& call);
  ApiReply Get(const std::string& key, const std::string& id);
  ApiReply Delete(const std::string& key, const std::string& id);

 private:
  struct Refused {
    int status = 400;
    std::string message;
  };

  ApiReply UploadBatch(const std::string& key, const Json& assets);
  std::variant<ManagedAsset, Refused> Add(const std::string& key, const Json& body);
  std::string StatusOf(const Asset& asset);
  Json AssetJson(const ManagedAsset& managed);

  Shared shared_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_ASSETS_H_
