#ifndef SEEDANCE_TESTS_SANDBOX_ANYFAST_API_H_
#define SEEDANCE_TESTS_SANDBOX_ANYFAST_API_H_

#include <optional>
#include <string>
#include <vector>

#include "tests/sandbox/anyfast/assets.h"
#include "tests/sandbox/anyfast/log.h"
#include "tests/sandbox/anyfast/tasks.h"
#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// AnyFast: routes and keys; the actions are in AnyFastAssets and AnyFastTasks.
class AnyFastApi : public Dialect {
 public:
  explicit AnyFastApi(Shared shared);

  bool Owns(const std::string& path) const override;
  std::string Route(const std::string& method, const std::string& path) const override;
  ApiReply Handle(const ApiCall& call) override;
  ApiReply Refuse(int status, const std::string& message) override;

 private:
  // The vendor key that the call presents; nothing when it is not one of ours.
  std::optional<std::string> KeyOf(const ApiCall& call) const;

  Shared shared_;
  const std::vector<std::string> keys_;
  AnyFastAssets assets_;
  AnyFastTasks tasks_;
  AnyFastLog log_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_ANYFAST_API_H_
