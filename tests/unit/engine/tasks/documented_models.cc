#include "tests/unit/engine/tasks/documented_models.h"

#include <tuple>
#include <utility>

namespace seedance::testing {
namespace {

using model::Resolution;

std::vector<Documented> AnyFastModels() {
  std::vector<Documented> models;
  const auto add = [&](const std::string& name, bool twin, int least, int most, bool automatic,
                       std::set<Resolution> resolutions, size_t images, size_t videos, size_t audios) {
    const bool ultra = name == "seedance-2.0-ultra";
    models.push_back({"fake", name, least, most, automatic, resolutions, ultra, images, videos, audios, 0, true, ""});
    models.back().audio_alone = images == 30;
    models.back().frames_only_adaptive = most == 30;
    if (!twin) return;
    models.push_back(models.back());
    models.back().name += "-nsfw";
  };
  add("seedance", true, 4, 15, true, {k480, k720, k1080, k4k}, 9, 3, 3);
  add("seedance-2.0", true, 4, 15, true, {k480, k720, k1080, k4k}, 9, 3, 3);
  add("seedance-fast", true, 4, 15, true, {k480, k720}, 9, 3, 3);
  add("seedance-2.0-mini", true, 4, 15, true, {k480, k720}, 9, 3, 3);
  add("seedance-2.0-ultra", true, 4, 15, true, {k720, k1080, k2k}, 9, 3, 3);
  add("seedance-2.5", true, 4, 30, true, {k480, k720, k1080}, 30, 10, 10);
  add("seedance-2.5-premium", false, 4, 30, true, {k4k}, 30, 10, 10);
  add("seedance-2.5-flash", false, 4, 30, true, {k480, k720}, 10, 5, 5);
  for (const std::string side : {"doubao-", "dreamina-"}) {
    add(side + "seedance-2-0-260128", false, 4, 15, true, {k480, k720, k1080, k4k}, 9, 3, 3);
    add(side + "seedance-2-0-fast-260128", false, 4, 15, true, {k480, k720}, 9, 3, 3);
    add(side + "seedance-2-0-mini-260615", false, 4, 15, true, {k480, k720}, 9, 3, 3);
    add(side + "seedance-2-5-260628", false, 4, 30, true, {k480, k720, k1080}, 30, 10, 10);
    add(side + "seedance-2-5-premium-260915", false, 4, 30, true, {k4k}, 30, 10, 10);
  }
  add("doubao-seedance-1-5-pro-251215", false, 4, 12, true, {k480, k720, k1080}, 2, 0, 0);
  add("doubao-seedance-1-0-lite-i2v-250428", false, 2, 12, false, {k480, k720, k1080}, 4, 0, 0);
  add("doubao-seedance-1-0-lite-t2v-250428", false, 2, 12, false, {k480, k720, k1080}, 0, 0, 0);
  add("doubao-seedance-1-0-pro-250528", false, 2, 12, false, {k480, k720, k1080}, 2, 0, 0);
  return models;
}

std::vector<Documented> PiApiModels() {
  std::vector<Documented> models;
  // `upgrade`: the model for assets.
  const auto add = [&](const std::string& name, const std::string& upgrade, int most,
                       std::set<Resolution> resolutions) {
    models.push_back({"own", name, 4, most, false, resolutions, false, 9, 3, 3, 12, false, upgrade});
    models.back().frames_only_adaptive = most == 30;
  };
  const auto add_with_twin = [&](const std::string& name, bool assets, int most, std::set<Resolution> resolutions) {
    const std::string twin = name + "-less-restriction";
    add(name, assets ? twin : "", most, resolutions);
    models.push_back(models.back());
    models.back().name = twin;
    models.back().assets = assets;
    models.back().twin = "";
  };
  add_with_twin("seedance-2", true, 15, {k480, k720, k1080});
  add_with_twin("seedance-2-fast", true, 15, {k480, k720});
  // The vendor's guide names only the two above for assets.
  add_with_twin("seedance-2-mini", false, 15, {k480, k720});
  add_with_twin("seedance-2.5", false, 30, {k480, k720, k1080});
  add("seedance-2.5-flash", "", 30, {k480, k720});
  std::tie(models.back().images, models.back().videos, models.back().audios) = std::tuple(10, 5, 5);
  models.back().total = 20;
  for (const std::string old : {"seedance-2-preview", "seedance-2-preview-vip", "seedance-2-vip"}) {
    add(old, "seedance-2-less-restriction", 15, {k480, k720, k1080});
  }
  for (const std::string old : {"seedance-2-fast-preview", "seedance-2-fast-preview-vip", "seedance-2-fast-vip"}) {
    add(old, "seedance-2-fast-less-restriction", 15, {k480, k720});
  }
  return models;
}

}  // namespace

std::vector<Documented> AllModels() {
  std::vector<Documented> models = AnyFastModels();
  for (Documented& row : PiApiModels()) models.push_back(std::move(row));
  return models;
}

}  // namespace seedance::testing
