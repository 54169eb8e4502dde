#ifndef SEEDANCE_SERVICE_MODEL_NAMES_H_
#define SEEDANCE_SERVICE_MODEL_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

namespace seedance::model {

// The id of a group or asset: which upstream holds it, and its id there.
struct UpstreamHandle {
  std::string upstream;
  std::string id;

  friend bool operator==(const UpstreamHandle&, const UpstreamHandle&) = default;
};

// `assetGroups/{upstream}~{id}` and `assets/{upstream}~{id}`.
std::string AssetGroupName(const UpstreamHandle& handle);
std::string AssetName(const UpstreamHandle& handle);

// Whether a vendor's id can be part of a name and of a path: 1-128 printable ASCII characters without space and `/`,
// and neither `.` nor `..`.
bool IsUpstreamId(std::string_view id);

// The reverse; nullopt when the text is not of that form: an upstream name (see IsUpstreamName), `~`, then an id (see
// IsUpstreamId).
std::optional<UpstreamHandle> ParseAssetGroupName(std::string_view name);
std::optional<UpstreamHandle> ParseAssetName(std::string_view name);

// `generationTasks/{UUID}`.
std::string GenerationTaskName(std::string_view uuid);
// The UUID in it; nullopt when the text is not of that form.
std::optional<std::string> ParseGenerationTaskName(std::string_view name);

// 1-32 characters `a-z`, `0-9`, `-`, starting with a letter.
bool IsUpstreamName(std::string_view name);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_NAMES_H_
