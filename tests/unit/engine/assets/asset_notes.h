#ifndef SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_ASSET_NOTES_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_ASSET_NOTES_H_

#include <string>
#include <vector>

#include "service/engine/assets/asset_tracker.h"

namespace seedance::testing {

// Notes which assets were told to expire. For one thread.
class AssetNotes : public engine::AssetObserver {
 public:
  void OnActive(const model::Asset&) override {}
  void OnExpiring(const model::Asset& asset) override { expiring_.push_back(asset.name()); }

  const std::vector<std::string>& expiring() const { return expiring_; }

 private:
  std::vector<std::string> expiring_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_ASSET_NOTES_H_
