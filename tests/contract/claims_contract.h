#ifndef SEEDANCE_TESTS_CONTRACT_CLAIMS_CONTRACT_H_
#define SEEDANCE_TESTS_CONTRACT_CLAIMS_CONTRACT_H_

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.h"

// Names and places of assets that are not there yet. A backend instantiates StoreClaims as it does StoreContract.
namespace seedance::testing {

inline const model::UpstreamHandle kGroup = {"vendor", "g"};

// A creation of `name` in kGroup whose library holds `most` assets.
inline model::JournalEntry CreationOf(const std::string& request_id, const std::string& name, int most = 0,
                                      double at = 0) {
  model::JournalEntry call = MakeCall(request_id);
  call.state = model::JournalState::kInFlight;
  call.create_time = call.update_time = At(at);
  call.asset = MakeAsset("");
  call.asset->group = kGroup;
  call.asset->display_name = name;
  call.claim = model::AssetClaim{kGroup, name};
  call.claim->most = most;
  return call;
}

inline model::Asset AssetOf(const std::string& id, const std::string& name) {
  model::Asset asset = MakeAsset(id);
  asset.group = kGroup;
  asset.display_name = name;
  asset.state = model::AssetState::kProcessing;
  return asset;
}

class StoreClaims : public StoreContract {
 protected:
  std::optional<store::Store::ClaimConflict> Begin(const model::JournalEntry& call) {
    const auto begun = store().BeginEntry(call, nullptr);
    EXPECT_TRUE(begun.ok()) << begun.status();
    if (!begun.ok()) return std::nullopt;
    EXPECT_FALSE(begun->existing.has_value());
    return begun->conflict;
  }
  // Who has the name; empty: it was free, and is claimed now.
  std::string Holder(const std::string& request_id, const std::string& name, double at = 0) {
    const auto conflict = Begin(CreationOf(request_id, name, 0, at));
    return conflict.has_value() ? conflict->name_holder : "";
  }
  void End(model::JournalEntry call, model::JournalState state, model::Asset* asset = nullptr) {
    call.state = state;
    if (asset != nullptr) call.resource_name = asset->name();
    const absl::Status ended = store().FinishEntry(call, nullptr, asset);
    EXPECT_TRUE(ended.ok()) << ended;
  }
  std::optional<store::Store::ClaimConflict> Claim(const std::string& holder, const model::UpstreamHandle& asset,
                                                   const std::string& name, double at = 0) {
    model::AssetClaim claim{kGroup, name, asset};
    claim.place = false;
    const auto conflict = store().ClaimAsset(holder, claim, At(at));
    EXPECT_TRUE(conflict.ok()) << conflict.status();
    return conflict.ok() ? *conflict : std::nullopt;
  }
  // Runs `work(i)` on 50 threads that begin together.
  template <typename Work>
  static void Race(Work work) {
    constexpr int kThreads = 50;
    std::atomic<bool> go{false};
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&go, &work, i] {
        go.wait(false);
        work(i);
      });
    }
    go = true;
    go.notify_all();
  }
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_CLAIMS_CONTRACT_H_
