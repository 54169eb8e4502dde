#ifndef SEEDANCE_SERVICE_MODEL_NAMES_H_
#define SEEDANCE_SERVICE_MODEL_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

namespace seedance::model {

// Identity of a group or asset: its upstream, and its id there.
struct UpstreamHandle {
  std::string upstream;
  std::string id;

  friend bool operator==(const UpstreamHandle&, const UpstreamHandle&) = default;
};

// Resource names: `assetGroups/{upstream}~{id}` and `assets/{upstream}~{id}`.
std::string AssetGroupName(const UpstreamHandle& handle);
std::string AssetName(const UpstreamHandle& handle);

// Whether a vendor's id may be part of a resource name and of a URL path: 1-128 printable ASCII characters without
// space and `/`, neither `.` nor `..`.
bool IsUpstreamId(std::string_view id);

// Inverse of the two above; nullopt when the text is not an upstream name (IsUpstreamName), `~` and an id
// (IsUpstreamId) under the right prefix.
std::optional<UpstreamHandle> ParseAssetGroupName(std::string_view name);
std::optional<UpstreamHandle> ParseAssetName(std::string_view name);

// Resource name `generationTasks/{UUID}`.
std::string GenerationTaskName(std::string_view uuid);
// The UUID of a task's resource name; nullopt when the text is not of that form.
std::optional<std::string> ParseGenerationTaskName(std::string_view name);

// Whether `name` is 1-32 characters of `a-z`, `0-9` and `-`, starting with a letter.
bool IsUpstreamName(std::string_view name);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_NAMES_H_
