#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_FILES_API_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_FILES_API_H_

#include <string>

#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// The object storage behind the vendor: signed links under /files/, with Range. A link that expired or was tampered
// with gets 403 and an XML body. Assets are not kept: their links show a sample.
class FilesApi {
 public:
  explicit FilesApi(Shared shared) : shared_(shared) {}

  // The pattern of a path under /files/; empty for others.
  static std::string Route(const std::string& method, const std::string& path);

  ApiReply Handle(const ApiCall& call);

 private:
  Shared shared_;
};

// Paths of the files of a task and an asset.
std::string VideoPath(const std::string& task_id);
std::string LastFramePath(const std::string& task_id);
std::string AssetPath(const std::string& asset_id);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_FILES_API_H_
