#include "client/cpp/ctl/names.h"

namespace seedance::client::ctl {
namespace {

std::string WithCollection(std::string_view collection, std::string_view text) {
  return text.starts_with(collection) ? std::string(text) : std::string(collection) + std::string(text);
}

}  // namespace

std::string GroupName(std::string_view text) { return WithCollection("assetGroups/", text); }
std::string AssetName(std::string_view text) { return WithCollection("assets/", text); }
std::string TaskName(std::string_view text) { return WithCollection("generationTasks/", text); }

std::string ShortName(std::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

}  // namespace seedance::client::ctl
