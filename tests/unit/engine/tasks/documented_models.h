#ifndef SEEDANCE_TESTS_UNIT_ENGINE_TASKS_DOCUMENTED_MODELS_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_TASKS_DOCUMENTED_MODELS_H_

#include <set>
#include <string>
#include <vector>

#include "service/model/generation_task.h"

namespace seedance::testing {

inline constexpr model::Resolution k480 = model::Resolution::k480p;
inline constexpr model::Resolution k720 = model::Resolution::k720p;
inline constexpr model::Resolution k1080 = model::Resolution::k1080p;
inline constexpr model::Resolution k2k = model::Resolution::k2k;
inline constexpr model::Resolution k4k = model::Resolution::k4k;

// What the vendors' pages say of a model, written down a second time.
struct Documented {
  std::string upstream;  // `fake` speaks as AnyFast, `own` as PiAPI.
  std::string name;
  int min_seconds;
  int max_seconds;
  bool automatic;
  std::set<model::Resolution> resolutions;
  bool resolution_required;
  size_t images;
  size_t videos;
  size_t audios;
  size_t total;  // Of all references; 0: no limit of its own.
  bool assets;
  std::string twin;  // Takes the assets that this one does not.
  bool audio_alone = false;
  bool frames_only_adaptive = false;

  bool anyfast() const { return upstream == "fake"; }
  bool imports() const { return name.find("-less-restriction") != std::string::npos; }
};

// Every documented model of AnyFast and PiAPI; of a family of names, one.
std::vector<Documented> AllModels();

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_TASKS_DOCUMENTED_MODELS_H_
