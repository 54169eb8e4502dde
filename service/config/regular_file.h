#ifndef SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_
#define SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace seedance::config {

// A file of the configuration as it was read.
struct RegularFile {
  std::string bytes;
  mode_t mode = 0;  // Type and permissions.
};

// The whole file, which may be empty; symbolic links are followed. FAILED_PRECONDITION with a message that names the
// file: it cannot be opened or read, it is a directory, a FIFO or a device, or it has more than `max_bytes` bytes.
// Never waits for a writer.
absl::StatusOr<RegularFile> ReadRegularFile(const std::string& path, size_t max_bytes);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_
