#include "service/engine/store_gauges.h"

#include <algorithm>
#include <utility>

namespace seedance::engine {
namespace {

using model::AssetState;

constexpr AssetState kStates[] = {AssetState::kProcessing, AssetState::kActive, AssetState::kFailed,
                                  AssetState::kExpired};

}  // namespace

StoreGauges::StoreGauges(base::Metrics& metrics, store::Store& store, VendorAccounts& accounts, Journal& journal,
                         base::Clock& clock)
    : store_(store), journal_(journal), clock_(clock), work_(clock) {
  for (VendorAccount* account : accounts.All()) {
    const base::Metrics::Labels labels = {{"upstream", account->name()}};
    metrics.Gauge("seedance_library_max_assets", labels).Set(account->profile().assets.library.max_assets);
    Library library;
    library.upstream = account->name();
    library.used = metrics.Gauge("seedance_library_assets", labels);
    library.reserved = metrics.Gauge("seedance_library_reserved_places", labels);
    library.used_once = metrics.Gauge("seedance_library_assets_used_once", labels);
    library.next_lapse = metrics.Gauge("seedance_library_next_lapse_seconds", labels);
    for (const AssetState state : kStates) {
      library.assets[state] = metrics.Gauge(
          "seedance_assets", {{"upstream", account->name()}, {"state", std::string(model::AssetStateName(state))}});
    }
    libraries_.push_back(std::move(library));
  }
  const auto doubt = [&metrics](const char* kind) {
    return Doubt{metrics.Gauge("seedance_in_doubt", {{"kind", kind}}),
                 metrics.Gauge("seedance_in_doubt_oldest_seconds", {{"kind", kind}})};
  };
  groups_ = doubt("group");
  assets_ = doubt("asset");
}

void StoreGauges::Start() {
  work_.Start(absl::ZeroDuration(), [this] {
    Read();
    return kInterval;
  });
}

void StoreGauges::Read() {
  for (Library& library : libraries_) ReadLibrary(library);
  ReadDoubts();
}

void StoreGauges::ReadLibrary(Library& library) {
  const absl::Time now = clock_.Now();
  if (auto counts = store_.CountAssets(library.upstream); counts.ok()) {
    for (auto& [state, gauge] : library.assets) gauge.Set(static_cast<double>((*counts)[state]));
  }
  const absl::StatusOr<store::AssetStore::Library> read = store_.ReadLibrary("", library.upstream, now, 1);
  if (!read.ok()) return;
  library.used.Set(static_cast<double>(read->live));
  library.reserved.Set(static_cast<double>(read->claimed));
  library.used_once.Set(static_cast<double>(read->used_once));
  const bool lapses = read->lapses != absl::InfiniteFuture();
  library.next_lapse.Set(lapses ? std::max(0.0, absl::ToDoubleSeconds(read->lapses - now)) : -1);
}

void StoreGauges::ReadDoubts() {
  const absl::StatusOr<std::vector<model::JournalEntry>> rows = journal_.InDoubt();
  if (!rows.ok()) return;
  const absl::Time now = clock_.Now();
  int groups = 0;
  int assets = 0;
  absl::Time oldest_group = now;
  absl::Time oldest_asset = now;
  for (const model::JournalEntry& row : *rows) {
    const bool is_group = row.group.has_value();
    ++(is_group ? groups : assets);
    absl::Time& oldest = is_group ? oldest_group : oldest_asset;
    oldest = std::min(oldest, row.update_time);
  }
  groups_.count.Set(groups);
  groups_.oldest.Set(absl::ToDoubleSeconds(now - oldest_group));
  assets_.count.Set(assets);
  assets_.oldest.Set(absl::ToDoubleSeconds(now - oldest_asset));
}

}  // namespace seedance::engine
