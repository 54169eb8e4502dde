#include "tests/fuzz/api_methods.h"

#include <google/protobuf/descriptor_database.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace seedance::fuzz {
namespace {

namespace pb = google::protobuf;

void AddService(const pb::ServiceDescriptor& service, std::vector<ApiMethod>& methods) {
  for (int i = 0; i < service.method_count(); ++i) {
    methods.push_back({absl::StrCat("/", service.full_name(), "/", service.method(i)->name()), service.method(i)});
  }
}

}  // namespace

std::vector<ApiMethod> PublicMethods() {
  std::vector<std::string> files;
  pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<ApiMethod> methods;
  for (const std::string& name : files) {
    if (!absl::StartsWith(name, "seedance/gateway/v1/")) continue;
    const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) AddService(*file->service(i), methods);
  }
  return methods;
}

}  // namespace seedance::fuzz
