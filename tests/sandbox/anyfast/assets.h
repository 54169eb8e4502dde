#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_ASSETS_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_ASSETS_H_

#include <string>

#include "tests/sandbox/wire/dialect.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

// The actions under /volc/asset/ of AnyFast. Thread-safe.
class AnyFastAssets {
 public:
  explicit AnyFastAssets(Shared shared) : shared_(shared) {}

  static bool HasAction(const std::string& action);

  // Answers `action` for the vendor key `key`.
  ApiReply Handle(const std::string& action, const std::string& key, const ApiCall& call);

 private:
  using Action = ApiReply (AnyFastAssets::*)(const std::string& key, const ApiCall& call, const Json& body);
  struct Row;
  static const Row kActions[];

  ApiReply CreateGroup(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply ListGroups(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply UpdateGroup(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply DeleteGroup(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply CreateAsset(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply GetAsset(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply ListAssets(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply UpdateAsset(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply DeleteAsset(const std::string& key, const ApiCall& call, const Json& body);
  ApiReply NeedsRealPersonGroup(const std::string& key, const ApiCall& call, const Json& body);

  std::string ShownName(const Group& group) const;
  Json GroupJson(const Group& group) const;
  Json AssetJson(const Asset& asset, const std::string& host) const;
  ApiReply AddAsset(Asset asset);

  Shared shared_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_ASSETS_H_
