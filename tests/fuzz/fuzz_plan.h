#ifndef SEEDANCE_TESTS_FUZZ_FUZZ_PLAN_H_
#define SEEDANCE_TESTS_FUZZ_FUZZ_PLAN_H_

#include <string>
#include <vector>

#include "tests/fuzz/api_methods.h"
#include "tests/fuzz/draw.h"
#include "tests/fuzz/fuzz_call.h"
#include "tests/fuzz/message_maker.h"

namespace seedance::fuzz {

// Draws whole calls: method, caller, messages, and how the client behaves. Not thread-safe.
class FuzzPlan {
 public:
  // `tenants`: their names, which are also their bearer tokens.
  FuzzPlan(const std::vector<ApiMethod>& methods, const std::vector<std::string>& tenants, SeenValues& seen,
           RequestIds& request_ids, uint64_t seed);

  struct Next {
    const ApiMethod* method;
    FuzzCall call;
  };
  Next NextCall();

  std::string NewTraceId();

 private:
  enum class Shape { kTyped, kMutated, kRandom };

  std::string MessageOf(const ApiMethod& method, MessageMaker& maker, Shape shape, size_t position);
  void DrawPatience(const ApiMethod& method, FuzzCall& call);

  const std::vector<ApiMethod>& methods_;
  const std::vector<std::string>& tenants_;
  Draw draw_;
  std::vector<MessageMaker> makers_;  // One per tenant.
};

}  // namespace seedance::fuzz

#endif  // SEEDANCE_TESTS_FUZZ_FUZZ_PLAN_H_
