#ifndef SEEDANCE_CLIENT_CPP_CTL_LABELS_H_
#define SEEDANCE_CLIENT_CPP_CTL_LABELS_H_

#include <google/protobuf/map.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace seedance::client::ctl {

// Reads `key=value` texts into `labels`; the value may hold further `=` or be empty. INVALID_ARGUMENT: no `=`, an
// empty key, or a key given twice.
absl::Status ParseLabels(const std::vector<std::string>& texts,
                         google::protobuf::Map<std::string, std::string>& labels);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_LABELS_H_
