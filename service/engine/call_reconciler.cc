#include "service/engine/call_reconciler.h"

#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/log.h"

namespace seedance::engine {
namespace {

// The inverse of model::TextOf.
model::BilledCallKey KeyOf(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 2));
  return {parts[0], parts[1], parts[2]};
}

}  // namespace

CallReconciler::CallReconciler(store::Store& store, Upstreams& upstreams, BilledCalls& billed, AssetTracker& tracker,
                               base::Clock& clock, base::Random& random)
    : store_(store),
      billed_(billed),
      tracker_(tracker),
      search_(store, upstreams, billed, clock, random),
      schedule_("call-doubts", clock, [this](const std::string& text) {
        billed_.LookAgain(KeyOf(text), [this, text](bool over) { schedule_.Done(text, over); });
      }) {
  billed_.SetDoubtHooks({[this](const model::BilledCall& row, BilledCalls::Looked done) { Look(row, std::move(done)); },
                         [this](const model::BilledCall& row) { Plan(row, /*at_once=*/false); }});
}

absl::Status CallReconciler::Start() {
  const absl::StatusOr<std::vector<model::BilledCall>> rows = store_.ListCallsInDoubt(std::numeric_limits<int>::max());
  if (!rows.ok()) return rows.status();
  for (const model::BilledCall& row : *rows) Plan(row, /*at_once=*/true);
  schedule_.Start();
  return absl::OkStatus();
}

void CallReconciler::Plan(const model::BilledCall& row, bool at_once) {
  if (search_.EntryOf(row) != nullptr) schedule_.Add(TextOf(row.key), at_once);
}

void CallReconciler::Look(const model::BilledCall& row, BilledCalls::Looked done) {
  Upstreams::Entry* entry = search_.EntryOf(row);
  if (entry == nullptr) return done(std::nullopt);
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<BilledCalls::Looked>(std::move(done));
  if (!entry->polls.Submit([this, row, entry, shared] { Finish(row, *entry, std::move(*shared)); })) {
    (*shared)(std::nullopt);
  }
}

void CallReconciler::Finish(const model::BilledCall& row, Upstreams::Entry& entry, BilledCalls::Looked done) {
  absl::StatusOr<std::optional<BilledCalls::Found>> found = search_.Look(row, entry);
  const bool settled = found.ok() && found->has_value();
  base::Log(settled ? base::LogLevel::kWarning : base::LogLevel::kInfo,
            settled ? "billed_call_found" : "billed_call_not_found",
            {{"tenant", row.key.tenant},
             {"method", row.key.method},
             {"request_id", row.key.request_id},
             {"upstream", entry.upstream->name()},
             {"resource", settled ? (*found)->name() : ""},
             {"cause", std::string(found.status().message())}});
  if (!settled) return done(std::nullopt);
  const std::optional<model::Asset> asset = (*found)->asset;
  done(*std::move(found));
  // Only what was written is followed.
  if (asset.has_value() && store_.GetAsset(asset->handle).ok()) tracker_.Track(*asset);
}

}  // namespace seedance::engine
