#include "service/server/port_file.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace seedance::server {

absl::Status WritePortFile(const std::string& setting, const std::string& path, const std::string& address) {
  if (path.empty()) return absl::OkStatus();
  const std::string draft = path + ".tmp";
  std::ofstream file(draft, std::ios::trunc);
  file << address << "\n";
  file.close();
  // Atomic, so that no reader sees half a line.
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(setting, ": ", path, " cannot be written"));
  }
  return absl::OkStatus();
}

}  // namespace seedance::server
