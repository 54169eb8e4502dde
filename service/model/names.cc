#include "service/model/names.h"

#include <algorithm>

#include "service/base/random.h"

namespace seedance::model {
namespace {

constexpr std::string_view kGroups = "assetGroups/";
constexpr std::string_view kAssets = "assets/";
constexpr std::string_view kTasks = "generationTasks/";

std::string Join(std::string_view collection, const UpstreamHandle& handle) {
  return std::string(collection) + handle.upstream + "~" + handle.id;
}

std::optional<UpstreamHandle> Split(std::string_view collection, std::string_view name) {
  if (name.substr(0, collection.size()) != collection) return std::nullopt;
  name.remove_prefix(collection.size());
  const size_t tilde = name.find('~');
  if (tilde == std::string_view::npos) return std::nullopt;
  const std::string_view upstream = name.substr(0, tilde);
  const std::string_view id = name.substr(tilde + 1);
  if (!IsUpstreamName(upstream) || !IsUpstreamId(id)) return std::nullopt;
  return UpstreamHandle{std::string(upstream), std::string(id)};
}

}  // namespace

bool IsUpstreamId(std::string_view id) {
  constexpr size_t kMaxId = 128;
  if (id.empty() || id.size() > kMaxId || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

std::string AssetGroupName(const UpstreamHandle& handle) { return Join(kGroups, handle); }
std::string AssetName(const UpstreamHandle& handle) { return Join(kAssets, handle); }

std::optional<UpstreamHandle> ParseAssetGroupName(std::string_view name) { return Split(kGroups, name); }
std::optional<UpstreamHandle> ParseAssetName(std::string_view name) { return Split(kAssets, name); }

std::string GenerationTaskName(std::string_view uuid) { return std::string(kTasks) + std::string(uuid); }

std::optional<std::string> ParseGenerationTaskName(std::string_view name) {
  if (name.substr(0, kTasks.size()) != kTasks || !base::IsUuid(name.substr(kTasks.size()))) return std::nullopt;
  return std::string(name.substr(kTasks.size()));
}

bool IsUpstreamName(std::string_view name) {
  if (name.empty() || name.size() > 32 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace seedance::model
