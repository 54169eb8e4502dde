#ifndef SEEDANCE_SERVICE_RPC_CONVERT_SAME_NUMBER_H_
#define SEEDANCE_SERVICE_RPC_CONVERT_SAME_NUMBER_H_

namespace seedance::rpc {

// Whether a value of an enum of the API and one of the model are the same number: what is converted by a cast alone is
// checked with this when it is compiled.
//
// Tests: tests/unit/rpc/convert/convert_test.cc
template <typename Proto, typename Model>
constexpr bool SameNumber(Proto proto, Model model) {
  return static_cast<int>(proto) == static_cast<int>(model);
}

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CONVERT_SAME_NUMBER_H_
