#ifndef SEEDANCE_TESTS_FUZZ_API_METHODS_H_
#define SEEDANCE_TESTS_FUZZ_API_METHODS_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace seedance::fuzz {

// One method of the public API.
struct ApiMethod {
  std::string path;  // `/package.Service/Method`.
  const google::protobuf::MethodDescriptor* descriptor = nullptr;

  bool streams_requests() const { return descriptor->client_streaming(); }
  bool streams_responses() const { return descriptor->server_streaming(); }
};

// Every method of every service in `seedance/gateway/v1`, as far as its proto file is linked into this program.
std::vector<ApiMethod> PublicMethods();

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_API_METHODS_H_
