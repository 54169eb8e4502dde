#ifndef SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_
#define SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace seedance::config {

// Contents of a file that the configuration names.
struct RegularFile {
  std::string bytes;
  mode_t mode = 0;  // Type and permission bits.
};

// Reads a whole file, which may be empty; follows symbolic links. FAILED_PRECONDITION with a message that names the
// file: it cannot be opened or read, is a directory, FIFO or device, or has more than `max_bytes` bytes. Never blocks
// on a FIFO.
absl::StatusOr<RegularFile> ReadRegularFile(const std::string& path, size_t max_bytes);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_REGULAR_FILE_H_
