#include "tests/sandbox/piapi/models.h"

#include <string_view>

#include "absl/strings/str_split.h"

namespace seedance::sandbox {
namespace {

constexpr std::string_view kTwin = "-less-restriction";
constexpr char kFlash[] = "seedance-2.5-flash";

struct Row {
  const char* name;
  const char* resolutions;  // The first is the default.
  int64_t max_duration;
  bool has_twin;          // A less-restriction type beside it.
  bool guide_names_twin;  // The guide to private assets allows asset:// on the twin.
  int64_t cost_per_cent;
};

constexpr Row kRows[] = {
    {"seedance-2", "480p,720p,1080p", 15, true, true, 125}, {"seedance-2-fast", "480p,720p", 15, true, true, 100},
    {"seedance-2-mini", "720p,480p", 15, true, false, 50},  {"seedance-2.5", "720p,480p,1080p", 30, true, false, 150},
    {kFlash, "720p,480p", 30, false, false, 100},
};

// Types that the vendor still takes and hands to their successors.
struct Legacy {
  const char* name;
  const char* successor;
};

constexpr Legacy kLegacy[] = {
    {"seedance-2-preview", "seedance-2"},     {"seedance-2-fast-preview", "seedance-2-fast"},
    {"seedance-2-vip", "seedance-2"},         {"seedance-2-fast-vip", "seedance-2-fast"},
    {"seedance-2-preview-vip", "seedance-2"}, {"seedance-2-fast-preview-vip", "seedance-2-fast"},
};

bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::optional<PiApiModel> FromRow(const std::string& base, bool twin, bool assets_on_all_twins) {
  for (const Row& row : kRows) {
    if (base != row.name || (twin && !row.has_twin)) continue;
    PiApiModel model;
    model.name = twin ? base + std::string(kTwin) : base;
    model.resolutions = absl::StrSplit(row.resolutions, ',');
    model.max_duration = row.max_duration;
    model.strict = !twin;
    model.takes_assets = twin && (row.guide_names_twin || assets_on_all_twins);
    if (base == kFlash) {
      model.max_of = {10, 5, 5};
      model.max_references = 20;
    }
    model.cost_per_cent = twin ? row.cost_per_cent * 11 / 10 : row.cost_per_cent;
    return model;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PiApiModel> FindPiApiModel(const std::string& task_type, bool assets_on_all_twins) {
  if (task_type == "remove-watermark") {
    PiApiModel model;
    model.name = task_type;
    return model;
  }
  for (const Legacy& legacy : kLegacy) {
    if (task_type == legacy.name) return FromRow(legacy.successor, false, assets_on_all_twins);
  }
  const bool twin = EndsWith(task_type, kTwin);
  return FromRow(twin ? task_type.substr(0, task_type.size() - kTwin.size()) : task_type, twin, assets_on_all_twins);
}

int64_t PointsOf(const PiApiModel& model, const std::string& resolution, int64_t seconds) {
  constexpr int64_t kPerSecond = 1'500'000;  // At 720p.
  const int64_t halves = resolution == "480p" ? 1 : resolution == "1080p" ? 4 : 2;
  return kPerSecond * halves / 2 * seconds / 100 * model.cost_per_cent;
}

}  // namespace seedance::sandbox
