#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_MODELS_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_MODELS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace seedance::sandbox {

// What a task type of model `seedance` can do.
struct PiApiModel {
  std::string name;                      // The type that does the work; differs for legacy types.
  std::vector<std::string> resolutions;  // The first is the default. Empty: the type makes no videos of its own.
  int64_t min_duration = 4;
  int64_t max_duration = 15;
  bool strict = true;                        // Strict review with one internal retry; no asset conversion.
  bool takes_assets = false;                 // asset:// is allowed.
  int64_t cost_per_cent = 100;               // Of the usual price.
  std::array<size_t, 3> max_of = {9, 3, 3};  // References, in the order of MediaKind.
  size_t max_references = 12;
};

// Nothing for an unknown task type. `assets_on_all_twins`: every less-restriction type takes asset://, not only those
// that the vendor's guide names.
std::optional<PiApiModel> FindPiApiModel(const std::string& task_type, bool assets_on_all_twins);

// Points of a video.
int64_t PointsOf(const PiApiModel& model, const std::string& resolution, int64_t seconds);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_MODELS_H_
