#ifndef SEEDANCE_SERVICE_SERVER_PORT_FILE_H_
#define SEEDANCE_SERVICE_SERVER_PORT_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace seedance::server {

// Writes the bound address into the file that `setting` names; does nothing with an empty path. FAILED_PRECONDITION
// naming the setting when it cannot be written.
absl::Status WritePortFile(const std::string& setting, const std::string& path, const std::string& address);

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_PORT_FILE_H_
