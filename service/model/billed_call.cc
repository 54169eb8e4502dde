#include "service/model/billed_call.h"

#include <algorithm>

namespace seedance::model {

std::string FirstDifference(const Fingerprint& left, const Fingerprint& right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (l != left.end()) return l->first;
  if (r != right.end()) return r->first;
  return "";
}

}  // namespace seedance::model
