#include "service/engine/assets/asset_creation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/utf8.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/assets/url_check.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/engine/journal/journal_errors.h"
#include "service/engine/uploads/data_uri.h"
#include "service/model/cost.h"

namespace seedance::engine {
namespace {

TempFileQuota::Options SpoolOptions(const AssetCreation::Options& options) {
  TempFileQuota::Options spool = options.spool;
  // There a file need not be copied to be served.
  if (spool.directory.empty() && options.staging != nullptr) spool.directory = options.staging->directory();
  return spool;
}

// OK as long as somebody waits for the answer.
absl::Status StillWanted(const CallContext& context, base::Clock& clock) {
  base::ErrorDetail detail;
  if (context.cancel != nullptr && context.cancel->cancelled()) {
    detail.reason = base::Reason::kCancelled;
    return base::MakeError("the caller cancelled or disconnected", detail);
  }
  if (clock.Now() < context.deadline) return absl::OkStatus();
  detail.reason = base::Reason::kDeadlineExceeded;
  return base::MakeError("the call's deadline has passed", detail);
}

// For one who wanted to reuse what another one may have created. No invitation to try again: that might pay twice.
absl::Status TwinInDoubt() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kOutcomeUnknown;
  return base::MakeError(
      "another creation with the same bytes in this group is still in doubt, so nothing was sent "
      "for "
      "this one; repeat the other request, or create without reuse_content",
      detail);
}

// Whether the journal has the answer, whatever the bytes are.
bool IsOver(const model::JournalEntry& earlier) {
  return earlier.state != model::JournalState::kInFlight && FieldOf(earlier.fingerprint, kStreamHashField).empty();
}

}  // namespace

AssetCreation::AssetCreation(const Options& options, const AssetDependencies& with, Adoption& adoption)
    : plain_http_(options.media_fetch.allow_private_network),
      require_rights_note_(options.require_rights_note),
      tenants_require_rights_note_(options.tenants_require_rights_note),
      store_(with.store),
      accounts_(with.accounts),
      journal_(with.journal),
      adoption_(adoption),
      clock_(with.clock),
      fetcher_(options.fetcher != nullptr ? options.fetcher : upstream::MakeMediaFetcher(options.media_fetch, clock_)),
      spools_(SpoolOptions(options)),
      stager_(spools_, options.staging),
      sender_(with, stager_) {}

void AssetCreation::SetRightsRules(const Options& options) {
  base::MutexLock lock(mutex_);
  require_rights_note_ = options.require_rights_note;
  tenants_require_rights_note_ = options.tenants_require_rights_note;
}

void AssetCreation::Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done) {
  FindGroup(RequestOf(context, params), std::move(done));
}

void AssetCreation::Upload(const CallContext& context, const UploadAssetParams& params,
                           std::shared_ptr<http::ByteSource> bytes, Done<model::Asset> done) {
  FindGroup(RequestOf(context, params, std::move(bytes)), std::move(done));
}

std::optional<base::FieldViolation> AssetCreation::CheckRightsNote(const std::string& tenant, const std::string& note,
                                                                   const std::string& field) {
  base::MutexLock lock(mutex_);
  const auto own = tenants_require_rights_note_.find(tenant);
  const bool required = own == tenants_require_rights_note_.end() ? require_rights_note_ : own->second;
  if (!required || !base::IsBlank(note)) return std::nullopt;
  return base::FieldViolation{field,
                              "is required by the gateway's configuration: who gave the right to use what the "
                              "file shows, and for what"};
}

void AssetCreation::FindGroup(AssetRequest request, Done<model::Asset> done) {
  auto missing = CheckRightsNote(request.context.tenant, request.rights_note, request.prefix + "asset.rights_note");
  if (missing.has_value()) request.violations.push_back(*std::move(missing));
  VendorAccount* account = accounts_.Find(request.context.tenant, request.group_handle.upstream);
  if (!request.violations.empty()) {
    // Without an upstream there is no profile to check more against.
    if (account == nullptr) return done(base::InvalidInput(request.violations));
    return Check(std::move(request), *account, {}, std::move(done));
  }
  if (account == nullptr) return done(GroupNotFound(request.group_handle));
  absl::StatusOr<model::AssetGroup> group = OwnGroup(store_, request.context.tenant, request.group_handle);
  if (group.ok()) return Check(std::move(request), *account, *std::move(group), std::move(done));
  if (!absl::IsNotFound(group.status()) || !account->dedicated()) return done(group.status());
  const CallContext context = request.context;
  account->Read<model::Asset>(
      context, std::move(done), [this, account, request = std::move(request)](Done<model::Asset> answer) mutable {
        absl::StatusOr<model::AssetGroup> found = adoption_.Group(request.context, *account, request.group_handle);
        if (!found.ok()) return answer(found.status());
        Check(std::move(request), *account, *std::move(found), std::move(answer));
      });
}

void AssetCreation::Check(AssetRequest request, VendorAccount& account, model::AssetGroup group,
                          Done<model::Asset> done) {
  CheckedAsset asset = CheckAtHand(std::move(request), account, std::move(group), stager_, plain_http_);
  if (!asset.violations.empty()) {
    // What else the file behind a URL would break is told too.
    const bool fetch = asset.validate_media && (plain_http_ || !IsPlainHttp(asset.uri));
    return fetch ? Read(std::move(asset), std::move(done)) : done(base::InvalidInput(asset.violations));
  }
  if (!asset.is_upload && !asset.validate_media) return ShareContent(ReadAtHand(std::move(asset)), std::move(done));
  // Nothing is read for a request that has been answered before, or cannot be carried out.
  absl::StatusOr<Known> known = LookUp(asset);
  if (!known.ok()) return done(known.status());
  if (!known->earlier.has_value() && known->namesake.has_value() && !asset.reuse_content) {
    return done(DisplayNameTaken(known->namesake->name(), asset.display_name));
  }
  if (known->earlier.has_value() && !asset.validate_only && IsOver(*known->earlier)) {
    return AnswerAsEarlier(asset, std::move(done));
  }
  Read(std::move(asset), std::move(done));
}

void AssetCreation::Read(CheckedAsset asset, Done<model::Asset> done) {
  VendorAccount& account = *asset.account;
  const CallContext context = asset.context;
  const auto go_on = [this](absl::StatusOr<ReadAsset> read, Done<model::Asset> answer) {
    if (!read.ok()) return answer(read.status());
    ShareContent(*std::move(read), std::move(answer));
  };
  if (asset.is_upload) {
    auto work = [this, go_on, asset = std::move(asset)](const std::shared_ptr<TransferSlot>& slot,
                                                        Done<model::Asset> answer) mutable {
      asset.stream = std::make_shared<SlotSource>(std::move(asset.stream), slot);
      go_on(ReadStream(std::move(asset), spools_, stager_), std::move(answer));
    };
    return account.Transfer<model::Asset>(context, context.cancel, std::move(done), std::move(work));
  }
  // A token of its own: the other creations of a batch go on when this one is too slow.
  auto cancel = std::make_shared<base::CancelLink>(context.cancel);
  auto work = [this, go_on, cancel, asset = std::move(asset)](const std::shared_ptr<TransferSlot>& slot,
                                                              Done<model::Asset> answer) mutable {
    go_on(ReadUrl(*fetcher_, std::move(asset), cancel->token(), *slot), std::move(answer));
  };
  account.TransferOn<model::Asset>(accounts_.fetches(), context, cancel->token(), std::move(done), std::move(work));
}

void AssetCreation::ShareContent(ReadAsset asset, Done<model::Asset> done) {
  const bool alone = asset.validate_only || !asset.reuse_content || asset.file.info.sha256.empty();
  if (alone) return Decide(std::move(asset), std::move(done));
  const SingleFlight::Key key = {asset.group.name(), asset.file.info.sha256};
  // Shared by the two ways on, of which one is taken.
  auto shared = std::make_shared<std::pair<ReadAsset, Done<model::Asset>>>(std::move(asset), std::move(done));
  const bool leads = contents_.Lead(key, [this, shared](const absl::StatusOr<model::Asset>& leader) {
    shared->first.account->Read<model::Asset>(shared->first.context, std::move(shared->second),
                                              [this, shared, leader](Done<model::Asset> answer) {
                                                Follow(std::move(shared->first), leader, std::move(answer));
                                              });
  });
  if (!leads) return;
  Decide(std::move(shared->first), [this, key, shared](absl::StatusOr<model::Asset> answer) {
    contents_.End(key, answer);
    shared->second(std::move(answer));
  });
}

void AssetCreation::Follow(ReadAsset asset, const absl::StatusOr<model::Asset>& leader, Done<model::Asset> done) {
  if (leader.ok()) {
    // The journal first: the leader may have been the same request.
    absl::StatusOr<std::optional<model::JournalEntry>> earlier = journal_.FindEarlier(asset.key);
    if (!earlier.ok()) return done(earlier.status());
    if (earlier->has_value()) return Decide(std::move(asset), std::move(done));
    // The leader may have had the answer of an old call.
    const bool live = leader->state == model::AssetState::kProcessing || leader->state == model::AssetState::kActive;
    if (!live) return ShareContent(std::move(asset), std::move(done));
    return AnswerWithContent(asset, *leader, std::move(done));
  }
  if (const absl::Status wanted = StillWanted(asset.context, clock_); !wanted.ok()) return done(wanted);
  switch (AfterFailure(leader.status())) {
    case FollowUp::kTryItself:
      return ShareContent(std::move(asset), std::move(done));
    case FollowUp::kShare:
      return done(leader.status());
    case FollowUp::kGiveUp:
      return done(TwinInDoubt());
  }
}

absl::StatusOr<AssetCreation::Known> AssetCreation::LookUp(const CheckedAsset& asset) {
  // Assets first: if one of them is what an earlier call of this request id made, the journal surely shows that call.
  Known known;
  if (asset.reuse_content && !asset.file.info.sha256.empty()) {
    auto content = store_.FindAssetByContent(asset.group.handle, asset.file.info.sha256);
    if (!content.ok()) return content.status();
    known.content = *std::move(content);
  }
  auto namesake = store_.FindAsset(asset.group.handle, asset.display_name);
  if (!namesake.ok()) return namesake.status();
  known.namesake = *std::move(namesake);
  auto earlier = journal_.FindEarlier(asset.key);
  if (!earlier.ok()) return earlier.status();
  known.earlier = *std::move(earlier);
  return known;
}

void AssetCreation::Decide(ReadAsset asset, Done<model::Asset> done) {
  absl::StatusOr<Known> known = LookUp(asset);
  if (!known.ok()) return done(known.status());
  if (known->earlier.has_value() && !asset.validate_only) {
    const absl::Status same = CompareWithEarlier(asset, *known->earlier);
    if (!same.ok()) return done(same);
    // A stream that was read to compare it cannot be sent any more.
    const bool spent = asset.streaming() != nullptr && asset.streaming()->finished();
    return spent ? AnswerAsEarlier(asset, std::move(done)) : Launch(std::move(asset), true, std::move(done));
  }
  if (known->content.has_value()) return AnswerWithContent(asset, *known->content, std::move(done));
  const bool shares = asset.reuse_content && !asset.file.info.sha256.empty();
  if (!known->earlier.has_value() && shares && journal_.IsContentInDoubt(asset.group.handle, asset.file.info.sha256)) {
    return done(TwinInDoubt());
  }
  if (!asset.validate_only) return Launch(std::move(asset), known->earlier.has_value(), std::move(done));
  absl::StatusOr<model::Asset> preview = known->earlier.has_value() ? Preview(asset) : Foresee(asset);
  if (preview.ok()) preview->creation = model::CostOfAsset(preview->media_type, asset.profile());
  done(std::move(preview));
}

absl::StatusOr<model::Asset> AssetCreation::Foresee(const ReadAsset& asset) {
  if (absl::Status free = CheckClaim(asset); !free.ok()) return free;
  return Preview(asset);
}

absl::Status AssetCreation::CheckClaim(const CheckedAsset& asset) {
  const model::AssetClaim claim = ClaimOf(asset);
  const auto conflict = store_.FindClaimConflict(model::TextOf(asset.key), claim, clock_.Now());
  if (!conflict.ok()) return conflict.status();
  if (!conflict->has_value()) return absl::OkStatus();
  return ToStatus(store_, asset.context.tenant, claim, **conflict);
}

absl::Status AssetCreation::CompareWithEarlier(const ReadAsset& asset, const model::JournalEntry& earlier) {
  if (!asset.is_upload) return absl::OkStatus();
  const std::string difference = FirstDifferenceFromJournal(earlier.fingerprint, asset.fingerprint);
  if (!difference.empty()) return RequestIdReused(difference);
  const std::string journalled = FieldOf(earlier.fingerprint, kStreamHashField);
  // In doubt, refused, or still on its way: the bytes decide nothing. If it breaks off meanwhile, this one is sent.
  if (journalled.empty()) return absl::OkStatus();
  std::string sha256 = asset.file.info.sha256;
  if (UploadSource* upload = asset.streaming(); upload != nullptr) {
    while (upload->status().ok() && !upload->finished()) (void)upload->Next();
    if (!upload->status().ok()) return upload->status();
    sha256 = upload->sha256();
  }
  return sha256 == journalled ? absl::OkStatus() : RequestIdReused(std::string(kStreamHashField));
}

void AssetCreation::AnswerAsEarlier(const CheckedAsset& asset, Done<model::Asset> done) {
  model::JournalEntry call = EntryOf(asset);
  journal_.AnswerEarlier(call, AnswerWith(asset, std::move(done)));
}

void AssetCreation::Launch(ReadAsset asset, bool earlier, Done<model::Asset> done) {
  model::JournalEntry call = EntryOf(asset);
  if (journal_.Enter(call, AnswerWith(asset, std::move(done))) == Journal::Role::kAnswered) return;
  // It is journalled when its turn has come, so that what a kill ends before is not in doubt. An earlier call is
  // answered at once, or has broken off; the thread that has read the beginning of a stream reads the rest too.
  bool at_once = earlier || asset.streaming() != nullptr;
  if (const absl::Status free = at_once ? absl::OkStatus() : CheckClaim(asset); !free.ok()) {
    // What this request id made meanwhile is no conflict.
    const auto made = journal_.FindEarlier(call.key);
    at_once = made.ok() && made->has_value();
    if (!at_once) return journal_.Leave(call, free);
  }
  if (at_once && !journal_.Begin(call)) return;
  AwaitTurn(std::make_shared<JournalledAsset>(std::move(asset), std::move(call)));
}

// Billed: it goes on without its caller, and waits for nobody but the vendor.
void AssetCreation::AwaitTurn(const std::shared_ptr<JournalledAsset>& asset) {
  if (asset->streaming() != nullptr) return sender_.Send(*asset);
  const auto send = [this, asset] {
    if (journal_.Begin(asset->call)) sender_.Send(*asset);
  };
  const auto leave = [this, asset](const absl::Status& why) { journal_.Leave(asset->call, why); };
  bool taken = false;
  if (asset->sends_uri()) {
    taken = asset->account->TryChange(
        asset->context.tenant, [send](RequestSlot&) { send(); }, leave, /*patient=*/false);
  } else {
    TransferQueue::Transfer transfer;
    transfer.tenant = asset->context.tenant;
    transfer.work = [send](const std::shared_ptr<TransferSlot>&) { send(); };
    transfer.dropped = [asset, leave] { leave(asset->account->Busy()); };
    taken = asset->account->transfers().Submit(std::move(transfer));
  }
  if (!taken) leave(asset->account->Busy());
}

void AssetCreation::AnswerWithContent(const ReadAsset& asset, model::Asset content, Done<model::Asset> done) {
  content.reused = true;
  if (asset.validate_only || asset.key.request_id.empty()) return done(std::move(content));
  // From now on the request id stands for that asset, whatever becomes of its content's other copies.
  model::Fingerprint late = {{std::string(kReusedField), "1"}};
  if (asset.is_upload) late.emplace_back(kStreamHashField, asset.file.info.sha256);
  model::JournalEntry call;
  call.key = asset.key;
  call.fingerprint = asset.fingerprint;
  journal_.AnswerAs(call, content.name(), late, AnswerWith(asset, std::move(done)));
}

Journal::Waiter AssetCreation::AnswerWith(const AssetRequest& request, Done<model::Asset> done) {
  return [this, key = request.key, reuses = request.reuse_content,
          done = std::move(done)](absl::StatusOr<std::string> name) mutable {
    if (!name.ok()) return done(name.status());
    const std::optional<model::UpstreamHandle> handle = model::ParseAssetName(*name);
    if (!handle.has_value()) return done(base::InternalError("the vendor's id cannot be part of a resource name"));
    absl::StatusOr<model::Asset> asset = store_.GetAsset(*handle);
    if (asset.ok() && reuses) {
      const absl::StatusOr<std::optional<model::JournalEntry>> row = journal_.FindEarlier(key);
      asset->reused = row.ok() && row->has_value() && !FieldOf((*row)->fingerprint, kReusedField).empty();
    }
    done(std::move(asset));
  };
}

}  // namespace seedance::engine
