#ifndef SEEDANCE_SERVICE_SERVER_PORT_FILE_H_
#define SEEDANCE_SERVICE_SERVER_PORT_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace seedance::server {

// Writes the bound address to the file `path`, which the field `setting` names; no effect with an empty path.
// FAILED_PRECONDITION, naming the field, when it cannot be written.
//
// Tests: tests/unit/server/server_test.cc
absl::Status WritePortFile(const std::string& setting, const std::string& path, const std::string& address);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_PORT_FILE_H_
