#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_API_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_API_H_

#include <string>
#include <vector>

#include "tests/sandbox/piapi/assets.h"
#include "tests/sandbox/piapi/tasks.h"
#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// PiAPI: routes, keys and the Cloudflare in front; the calls are in PiApiAssets, PiApiTasks and UploadEphemeralFile.
class PiApiApi : public Dialect {
 public:
  explicit PiApiApi(Shared shared);

  bool Owns(const std::string& path) const override;
  std::string Route(const std::string& method, const std::string& path) const override;
  ApiReply Handle(const ApiCall& call) override;
  ApiReply Refuse(int status, const std::string& message) override;

 private:
  ApiReply Dispatch(const std::string& route, const std::string& key, const ApiCall& call);

  Shared shared_;
  const std::vector<std::string> keys_;
  PiApiAssets assets_;
  PiApiTasks tasks_;
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_API_H_
