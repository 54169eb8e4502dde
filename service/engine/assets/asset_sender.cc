#include "service/engine/assets/asset_sender.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "service/base/error.h"
#include "service/engine/assets/adoption.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/dispatch/retry_policy.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/engine/uploads/data_uri.h"
#include "service/engine/uploads/file_format.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

using upstream::Acceptance;

// A vendor may not see a group for some seconds after it made it.
constexpr absl::Duration kGroupYouth = absl::Seconds(30);
constexpr absl::Duration kGroupWait = absl::Seconds(15);
constexpr absl::Duration kGroupPause = absl::Seconds(1);

absl::Status GroupNotVisible(const absl::Status& cause) {
  base::ErrorDetail detail = base::GetErrorDetail(cause);
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(2);
  return base::MakeError("the vendor cannot use the new group yet", detail);
}

upstream::NewAsset NewAssetOf(const JournalledAsset& draft) {
  upstream::NewAsset asset;
  asset.group_id = draft.group.handle.id;
  asset.display_name = draft.display_name;
  asset.media_type = draft.file.type;
  if (draft.sends_uri()) asset.uri = draft.uri;
  asset.file_name = draft.file_name.empty() ? "upload" + SuffixOf(draft.file.info.container) : draft.file_name;
  return asset;
}

}  // namespace

void AssetSender::Send(JournalledAsset& draft) {
  upstream::CallOptions options = accounts_.Billed(draft.context);
  SubmitRetryPolicy patience;
  if (draft.streaming() != nullptr) {
    // It cannot outlive its caller: the bytes come from there, once. Cut before its end, it creates nothing.
    options.cancel = draft.context.cancel;
    patience.tries = 1;
  }
  upstream::NewAsset asset = NewAssetOf(draft);
  upstream::BilledResult<std::string> result =
      SendPatiently(patience, draft.context.deadline, clock_, random_, options.abandon,
                    [&] { return SendIntoGroup(draft, asset, options); });
  if (result.acceptance == Acceptance::kAccepted) return Keep(draft, result.value);
  // The source's own words say more than that the request was cut.
  if (draft.streaming() != nullptr && !draft.streaming()->status().ok() &&
      result.acceptance == Acceptance::kNotAccepted) {
    result.status = draft.streaming()->status();
  }
  if (result.acceptance == Acceptance::kUnknown && draft.streaming() != nullptr) {
    // Now more is known of what is looked for.
    KnowStream(draft);
    draft.call.asset = IntentOf(draft);
  }
  if (base::GetReason(result.status) == base::Reason::kAssetLibraryFull) {
    // There may be room the next time that this request comes.
    if (result.acceptance == Acceptance::kRefused) result.acceptance = Acceptance::kNotAccepted;
    result.status = WithCandidates(store_, draft.context.tenant, draft.account->upstream(), result.status);
  }
  journal_.Failed(draft.call, result.acceptance, result.status);
}

upstream::BilledResult<std::string> AssetSender::SendIntoGroup(JournalledAsset& draft, upstream::NewAsset& asset,
                                                               const upstream::CallOptions& options) {
  // The gateway's own groups are nothing that the vendor could miss.
  if (!draft.profile().groups) return SendOnce(draft, asset, options);
  const bool young = IsYoung(draft.group);
  // A stream can be sent only once, so look first.
  if (young && draft.streaming() != nullptr) AwaitGroup(draft, options);
  const absl::Time until = clock_.Now() + kGroupWait;
  for (;;) {
    upstream::BilledResult<std::string> result = SendOnce(draft, asset, options);
    const bool no_group = result.acceptance == Acceptance::kRefused && absl::IsNotFound(result.status);
    if (!no_group) return result;
    const bool invisible = ExplainNoGroup(draft, young, options, result.status);
    if (upstream::WasPutOff(result.status)) {
      result.acceptance = Acceptance::kNotAccepted;
      result.retryable = false;
    }
    if (!invisible) return result;
    const bool again =
        draft.streaming() == nullptr && clock_.Now() < until && Pause(kGroupPause, clock_, options.abandon);
    if (again) continue;
    result.acceptance = Acceptance::kNotAccepted;
    result.retryable = false;
    result.status = GroupNotVisible(result.status);
    return result;
  }
}

bool AssetSender::ExplainNoGroup(const JournalledAsset& draft, bool young, const upstream::CallOptions& options,
                                 absl::Status& status) {
  upstream::CallOptions look = options;
  if (look.cancel == nullptr) look.cancel = options.abandon;
  look.deadline = clock_.Now() + kGroupWait;
  const absl::StatusOr<bool> taken = VendorHasName(draft, look);
  if (!taken.value_or(false)) {
    if (young) return true;
    absl::Status group = taken.status();
    if (!upstream::WasPutOff(group)) {
      group = draft.account->upstream().groups()->GetGroup(look, draft.group.handle.id).status();
    }
    if (upstream::WasPutOff(group)) status = group;
    if (!group.ok()) return false;
  }
  // The vendor gives this answer to a second asset of one name too.
  status = DisplayNameTaken(draft.group.name(), draft.display_name);
  return false;
}

upstream::BilledResult<std::string> AssetSender::SendOnce(JournalledAsset& draft, upstream::NewAsset& asset,
                                                          const upstream::CallOptions& options) {
  upstream::Upstream& upstream = draft.account->upstream();
  if (!asset.uri.empty()) return upstream.assets().CreateAsset(options, asset);
  const auto* memory = std::get_if<std::string>(&draft.bytes);
  const auto* file = std::get_if<std::unique_ptr<TempFile>>(&draft.bytes);
  if (!draft.profile().bytes) {
    upstream::CallOptions staging = options;
    staging.cancel = options.abandon;
    const std::string suffix = SuffixOf(draft.file.info.container);
    absl::StatusOr<std::string> url = file != nullptr
                                          ? stager_.Stage(upstream, staging, **file, suffix, draft.bytes_field)
                                          : stager_.Stage(upstream, staging, *memory, suffix, draft.bytes_field);
    if (!url.ok()) return upstream::NotSent(url.status());
    asset.uri = *std::move(url);  // For further tries too.
    return upstream.assets().CreateAsset(options, asset);
  }
  if (draft.streaming() != nullptr) {
    asset.data = draft.streaming();
    return upstream.assets().CreateAsset(options, asset);
  }
  std::unique_ptr<http::ByteSource> bytes;
  if (file != nullptr) {
    bytes = (*file)->Read();
  } else {
    bytes = std::make_unique<MemorySource>(*memory);
  }
  asset.data = bytes.get();
  return upstream.assets().CreateAsset(options, asset);
}

absl::StatusOr<bool> AssetSender::VendorHasName(const JournalledAsset& draft,
                                                const upstream::CallOptions& options) const {
  upstream::AssetQuery query;
  query.group_ids = {draft.group.handle.id};
  query.group_type = draft.group.type;
  query.display_name_contains = draft.display_name;
  const auto page = draft.account->upstream().assets().ListAssets(options, query);
  if (!page.ok()) return page.status();
  return std::any_of(page->items.begin(), page->items.end(),
                     [&](const upstream::AssetReport& item) { return item.display_name == draft.display_name; });
}

bool AssetSender::IsYoung(const model::AssetGroup& group) const {
  return clock_.Now() - group.create_time < kGroupYouth;
}

void AssetSender::AwaitGroup(const JournalledAsset& draft, const upstream::CallOptions& options) {
  const absl::Time until = clock_.Now() + kGroupWait;
  while (clock_.Now() < until) {
    const absl::Status seen = draft.account->upstream().groups()->GetGroup(options, draft.group.handle.id).status();
    absl::Duration pause = kGroupPause;
    if (upstream::WasPutOff(seen)) {
      pause = std::max(pause, base::GetErrorDetail(seen).retry_delay.value_or(pause));
    } else if (!absl::IsNotFound(seen)) {
      return;
    }
    if (clock_.Now() + pause >= until || !Pause(pause, clock_, options.cancel)) return;
  }
}

void AssetSender::Keep(JournalledAsset& draft, const std::string& id) {
  KnowStream(draft);
  model::Asset asset = IntentOf(draft);
  asset.handle.id = id;
  asset.create_time = asset.update_time = asset.last_used_time = clock_.Now();
  asset.expire_time = ExpireTime(draft.profile().library, asset.last_used_time);
  journal_.Accepted(draft.call, nullptr, &asset);
  tracker_.Track(asset);
}

void AssetSender::KnowStream(JournalledAsset& draft) {
  UploadSource* upload = draft.streaming();
  if (upload != nullptr && upload->finished()) {
    draft.file = FactsOf(upload->judge(), upload->size(), upload->sha256());
  }
  if (!draft.is_upload || draft.file.info.sha256.empty()) return;
  // Lost, it would only spare a later caller the comparison of the bytes.
  (void)store_.ExtendFingerprint(draft.call.key, {{std::string(kStreamHashField), draft.file.info.sha256}});
}

}  // namespace seedance::engine
