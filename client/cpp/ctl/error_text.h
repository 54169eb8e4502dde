#ifndef SEEDANCE_CLIENT_CPP_CTL_ERROR_TEXT_H_
#define SEEDANCE_CLIENT_CPP_CTL_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace seedance::client::ctl {

// An error for people: one line with what failed and the reason, then indented lines for every broken rule, the
// vendor's own words, the limit, the resource and when to try again. Ends in a newline.
std::string FormatError(const std::string& what, const absl::Status& status);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_ERROR_TEXT_H_
