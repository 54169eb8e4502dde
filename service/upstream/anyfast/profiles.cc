#include "service/upstream/anyfast/profiles.h"

#include <array>
#include <string_view>

namespace seedance::upstream {
namespace {

using model::Resolution;

struct ProfileRow {
  std::string_view name;  // A `*` at the end: every name with this beginning.
  bool nsfw_twin;         // `<name>-nsfw` has the same rules.
  int min_seconds;
  int max_seconds;
  bool automatic_seconds;
  std::set<Resolution> resolutions;
  bool resolution_required;
  size_t images;
  size_t videos;
  size_t audios;
};

constexpr Resolution k480 = Resolution::k480p;
constexpr Resolution k720 = Resolution::k720p;
constexpr Resolution k1080 = Resolution::k1080p;

// First match wins. Where the vendor's pages disagree, the wider rule: what the vendor would take is not refused here.
const std::array<ProfileRow, 10>& Rows() {
  static const auto* rows = new std::array<ProfileRow, 10>{{
      // The alias of the vendor's guide stands for 2.0.
      {"seedance", true, 4, 15, false, {k480, k720, k1080, Resolution::k4k}, false, 9, 3, 3},
      {"seedance-2.0", true, 4, 15, false, {k480, k720, k1080, Resolution::k4k}, false, 9, 3, 3},
      // An older guide lists 1080p for fast; the reference page, newer, does not.
      {"seedance-fast", true, 4, 15, false, {k480, k720}, false, 9, 3, 3},
      {"seedance-2.0-mini", true, 4, 15, false, {k480, k720}, false, 9, 3, 3},
      {"seedance-2.0-ultra", true, 4, 15, false, {k720, k1080, Resolution::k2k}, true, 9, 3, 3},
      {"seedance-2.5", true, 4, 30, true, {k480, k720, k1080, Resolution::k4k}, false, 30, 3, 3},
      {"doubao-seedance-1-5-pro-*", false, 4, 12, true, {k480, k720, k1080}, false, 2, 0, 0},
      {"doubao-seedance-1-0-lite-i2v-*", false, 2, 12, false, {k480, k720, k1080}, false, 4, 0, 0},
      {"doubao-seedance-1-0-lite-t2v-*", false, 2, 12, false, {k480, k720, k1080}, false, 0, 0, 0},
      {"doubao-seedance-1-0-*", false, 2, 12, false, {k480, k720, k1080}, false, 2, 0, 0},
  }};
  return *rows;
}

bool Matches(const ProfileRow& row, std::string_view model) {
  if (row.name.back() == '*') {
    const std::string_view beginning = row.name.substr(0, row.name.size() - 1);
    return model.size() > beginning.size() && model.substr(0, beginning.size()) == beginning;
  }
  if (model == row.name) return true;
  return row.nsfw_twin && model == std::string(row.name) + "-nsfw";
}

}  // namespace

std::optional<model::ModelProfile> AnyFastProfile(const std::string& model) {
  for (const ProfileRow& row : Rows()) {
    if (!Matches(row, model)) continue;
    model::ModelProfile profile;
    profile.min_duration_seconds = row.min_seconds;
    profile.max_duration_seconds = row.max_seconds;
    profile.automatic_duration = row.automatic_seconds;
    profile.resolutions = row.resolutions;
    profile.resolution_required = row.resolution_required;
    profile.aspect_ratios = {"16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"};
    profile.max_images = row.images;
    profile.max_videos = row.videos;
    profile.max_audios = row.audios;
    return profile;
  }
  return std::nullopt;
}

std::vector<std::string> AnyFastModels() {
  std::vector<std::string> names;
  for (const ProfileRow& row : Rows()) {
    names.emplace_back(row.name);
    if (row.nsfw_twin) names.push_back(std::string(row.name) + "-nsfw");
  }
  return names;
}

}  // namespace seedance::upstream
