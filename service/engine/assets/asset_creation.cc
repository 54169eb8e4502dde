#include "service/engine/assets/asset_creation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/utf8.h"
#include "service/engine/assets/asset_library.h"
#include "service/engine/assets/url_check.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/engine/uploads/data_uri.h"
#include "service/model/cost.h"

namespace seedance::engine {
namespace {

using model::MediaType;
using upstream::Acceptance;

// So much of a stream is read before the vendor is called: headers are mostly there, and short files are whole.
constexpr size_t kLookAhead = 1 << 20;

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

absl::Status ToStatus(const AssetDraft& draft) {
  return draft.violations.empty() ? absl::OkStatus() : base::InvalidInput(draft.violations);
}

// What the creation needs to be free.
model::AssetClaim ClaimOf(const AssetDraft& draft) {
  model::AssetClaim claim = {draft.group.handle, draft.display_name};
  claim.most = draft.profile().library.max_assets;
  return claim;
}

}  // namespace

AssetCreation::AssetCreation(const Options& options, store::Store& store, Upstreams& upstreams, Journal& billed,
                             Adoption& adoption, AssetTracker& tracker, base::Clock& clock, base::Random& random)
    : plain_http_(options.media_fetch.allow_private_network),
      require_rights_note_(options.require_rights_note),
      tenants_require_rights_note_(options.tenants_require_rights_note),
      store_(store),
      upstreams_(upstreams),
      billed_(billed),
      adoption_(adoption),
      clock_(clock),
      fetcher_(options.fetcher != nullptr ? options.fetcher : upstream::MakeMediaFetcher(options.media_fetch, clock)),
      spools_(SpoolOptions(options)),
      stager_(spools_, options.staging),
      sender_(store, upstreams, billed, tracker, stager_, clock, random) {}

void AssetCreation::Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done) {
  Begin(DraftOf(context, params), std::move(done));
}

void AssetCreation::Upload(const CallContext& context, const UploadAssetParams& params,
                           std::shared_ptr<http::ByteSource> bytes, Done<model::Asset> done) {
  Begin(DraftOf(context, params, std::move(bytes)), std::move(done));
}

std::optional<base::FieldViolation> AssetCreation::CheckRightsNote(const std::string& tenant, const std::string& note,
                                                                   const std::string& field) const {
  const auto own = tenants_require_rights_note_.find(tenant);
  const bool required = own == tenants_require_rights_note_.end() ? require_rights_note_ : own->second;
  if (!required || !base::IsBlank(note)) return std::nullopt;
  return base::FieldViolation{field,
                              "is required by the gateway's configuration: who gave the right to use what the "
                              "file shows, and for what"};
}

void AssetCreation::Begin(const DraftPtr& draft, Done<model::Asset> done) {
  auto missing = CheckRightsNote(draft->context.tenant, draft->rights_note, draft->prefix + "asset.rights_note");
  if (missing.has_value()) draft->violations.push_back(*std::move(missing));
  WithGroup(draft, std::move(done));
}

void AssetCreation::WithGroup(const DraftPtr& draft, Done<model::Asset> done) {
  draft->account = upstreams_.Find(draft->context.tenant, draft->group_handle.upstream);
  if (!draft->violations.empty()) {
    // Without an upstream there is no profile to check more against.
    if (draft->account == nullptr) return done(base::InvalidInput(draft->violations));
    return Check(draft, std::move(done));
  }
  if (draft->account == nullptr) return done(GroupNotFound(draft->group_handle));
  absl::StatusOr<model::AssetGroup> group = OwnGroup(store_, draft->context.tenant, draft->group_handle);
  if (group.ok()) {
    draft->group = *group;
    return Check(draft, std::move(done));
  }
  if (!absl::IsNotFound(group.status()) || !draft->account->dedicated()) return done(group.status());
  draft->account->Read<model::Asset>(std::move(done), [this, draft](Done<model::Asset> answer) {
    absl::StatusOr<model::AssetGroup> found = adoption_.Group(draft->context, *draft->account, draft->group_handle);
    if (!found.ok()) return answer(found.status());
    draft->group = *found;
    Check(draft, std::move(answer));
  });
}

void AssetCreation::Check(const DraftPtr& draft, Done<model::Asset> done) {
  CheckAtHand(*draft, stager_, plain_http_);
  if (!draft->violations.empty()) {
    // What else the file behind a URL would break is told too.
    const bool fetch = draft->validate_media && (plain_http_ || !IsPlainHttp(draft->uri));
    return fetch ? Read(draft, std::move(done)) : done(ToStatus(*draft));
  }
  if (draft->stream == nullptr && !draft->validate_media) return ShareContent(draft, std::move(done));
  // Nothing is read for a request that has been answered before, or cannot be carried out.
  absl::StatusOr<Known> known = LookUp(*draft);
  if (!known.ok()) return done(known.status());
  if (!known->earlier.has_value() && known->namesake.has_value() && !draft->reuse_content) {
    return done(DisplayNameTaken(known->namesake->name(), draft->display_name));
  }
  if (known->earlier.has_value() && !draft->validate_only && IsOver(*known->earlier)) {
    return Launch(draft, std::move(done));
  }
  Read(draft, std::move(done));
}

void AssetCreation::Read(const DraftPtr& draft, Done<model::Asset> done) {
  const auto go_on = [this, draft](const absl::Status& read, Done<model::Asset> answer) {
    if (!read.ok()) return answer(read);
    if (const absl::Status checked = ToStatus(*draft); !checked.ok()) return answer(checked);
    ShareContent(draft, std::move(answer));
  };
  if (draft->stream != nullptr) {
    auto work = [this, draft, go_on](const std::shared_ptr<TransferSlot>& turn, Done<model::Asset> answer) {
      draft->stream = std::make_shared<SlotSource>(draft->stream, turn);
      go_on(ReadStream(*draft), std::move(answer));
    };
    return draft->account->Transfer<model::Asset>(draft->context, draft->context.cancel, std::move(done),
                                                  std::move(work));
  }
  // A token of its own: the other creations of a batch go on when this one is too slow.
  auto cancel = std::make_shared<base::CancelLink>(draft->context.cancel);
  auto work = [this, draft, go_on, cancel](const std::shared_ptr<TransferSlot>& turn, Done<model::Asset> answer) {
    go_on(CheckUrlMedia(*fetcher_, *draft, cancel->token(), *turn), std::move(answer));
  };
  draft->account->TransferOn<model::Asset>(upstreams_.fetches(), draft->context, cancel->token(), std::move(done),
                                           std::move(work));
}

absl::Status AssetCreation::ReadStream(AssetDraft& draft) {
  draft.upload = std::make_unique<UploadSource>(draft.stream, draft.declared_size, draft.MakeJudge());
  if (draft.reuse_content || !draft.profile().bytes) return ToSpool(draft);
  absl::Status read = draft.upload->LookAhead(kLookAhead);
  if (!read.ok()) return read;
  MediaValidator& judge = draft.upload->judge();
  if (judge.type() == MediaType::kUnspecified) {
    judge.Assume(model::MediaTypeOfFileName(draft.file_name));
    if (judge.type() == MediaType::kUnspecified) {
      return base::InvalidField("metadata.asset.media_type",
                                "is required: neither the beginning of the file nor its name shows it");
    }
  }
  draft.media_type = judge.type();
  if (const int64_t size = draft.upload->Size().value_or(0); size > judge.MaxBytes()) {
    return base::InvalidInput({DeclaredTooLong(size, judge.MaxBytes())});
  }
  return absl::OkStatus();
}

absl::Status AssetCreation::ToSpool(AssetDraft& draft) {
  absl::StatusOr<std::unique_ptr<TempFile>> file = spools_.Create();
  if (!file.ok()) return file.status();
  for (;;) {
    absl::StatusOr<std::string> piece = draft.upload->Next();
    if (!piece.ok()) return piece.status();
    if (piece->empty()) break;
    if (absl::Status written = (*file)->Append(*piece); !written.ok()) return written;
  }
  draft.spool = *std::move(file);
  Describe(draft, draft.upload->judge(), draft.upload->size(), draft.upload->sha256());
  if (!draft.profile().bytes) {
    if (auto refusal = stager_.Refusal(draft.profile(), draft.spool->size(), draft.bytes_field)) {
      return base::InvalidInput({*refusal});
    }
  }
  return absl::OkStatus();
}

void AssetCreation::ShareContent(const DraftPtr& draft, Done<model::Asset> done) {
  const bool alone = draft->validate_only || !draft->reuse_content || draft->info.sha256.empty();
  if (alone) return Decide(draft, std::move(done));
  const SingleFlight::Key key = {draft->group.name(), draft->info.sha256};
  auto shared = std::make_shared<Done<model::Asset>>(std::move(done));
  const bool leads = contents_.Lead(key, [this, draft, shared](const absl::StatusOr<model::Asset>& leader) {
    draft->account->Read<model::Asset>(std::move(*shared), [this, draft, leader](Done<model::Asset> answer) {
      Follow(draft, leader, std::move(answer));
    });
  });
  if (!leads) return;
  Decide(draft, [this, key, shared](absl::StatusOr<model::Asset> answer) {
    contents_.End(key, answer);
    (*shared)(std::move(answer));
  });
}

void AssetCreation::Follow(const DraftPtr& draft, const absl::StatusOr<model::Asset>& leader, Done<model::Asset> done) {
  if (leader.ok()) {
    // The journal first: the leader may have been the same request.
    absl::StatusOr<std::optional<model::JournalEntry>> earlier = billed_.FindEarlier(draft->call.key);
    if (!earlier.ok()) return done(earlier.status());
    if (earlier->has_value()) return Decide(draft, std::move(done));
    // The leader may have had the answer of an old call.
    const bool live = leader->state == model::AssetState::kProcessing || leader->state == model::AssetState::kActive;
    if (!live) return ShareContent(draft, std::move(done));
    return AnswerWithContent(draft, *leader, std::move(done));
  }
  if (const absl::Status wanted = StillWanted(draft->context, clock_); !wanted.ok()) return done(wanted);
  switch (AfterFailure(leader.status())) {
    case FollowUp::kTryItself:
      return ShareContent(draft, std::move(done));
    case FollowUp::kShare:
      return done(leader.status());
    case FollowUp::kGiveUp:
      return done(TwinInDoubt());
  }
}

absl::StatusOr<AssetCreation::Known> AssetCreation::LookUp(const AssetDraft& draft) {
  // Assets first: if one of them is what an earlier call of this request id made, the journal surely shows that call.
  Known known;
  if (draft.reuse_content && !draft.info.sha256.empty()) {
    auto content = store_.FindAssetByContent(draft.group.handle, draft.info.sha256);
    if (!content.ok()) return content.status();
    known.content = *std::move(content);
  }
  auto namesake = store_.FindAsset(draft.group.handle, draft.display_name);
  if (!namesake.ok()) return namesake.status();
  known.namesake = *std::move(namesake);
  auto earlier = billed_.FindEarlier(draft.call.key);
  if (!earlier.ok()) return earlier.status();
  known.earlier = *std::move(earlier);
  return known;
}

void AssetCreation::Decide(const DraftPtr& draft, Done<model::Asset> done) {
  absl::StatusOr<Known> known = LookUp(*draft);
  if (!known.ok()) return done(known.status());
  if (known->earlier.has_value() && !draft->validate_only) {
    const absl::Status same = CompareWithEarlier(*draft, *known->earlier);
    return same.ok() ? Launch(draft, std::move(done)) : done(same);
  }
  if (known->content.has_value()) return AnswerWithContent(draft, *known->content, std::move(done));
  const bool shares = draft->reuse_content && !draft->info.sha256.empty();
  if (!known->earlier.has_value() && shares && billed_.IsContentInDoubt(draft->group.handle, draft->info.sha256)) {
    return done(TwinInDoubt());
  }
  if (!draft->validate_only) return Launch(draft, std::move(done));
  absl::StatusOr<model::Asset> preview = known->earlier.has_value() ? Preview(*draft) : Foresee(*draft);
  if (preview.ok()) preview->creation = model::CostOfAsset(preview->media_type, draft->profile());
  done(std::move(preview));
}

absl::StatusOr<model::Asset> AssetCreation::Foresee(const AssetDraft& draft) {
  const model::AssetClaim claim = ClaimOf(draft);
  const auto conflict = store_.FindClaimConflict(model::TextOf(draft.call.key), claim, clock_.Now());
  if (!conflict.ok()) return conflict.status();
  if (conflict->has_value()) return ToStatus(store_, draft.context.tenant, claim, **conflict);
  return Preview(draft);
}

absl::Status AssetCreation::CompareWithEarlier(AssetDraft& draft, const model::JournalEntry& earlier) {
  if (draft.stream == nullptr) return absl::OkStatus();
  const std::string difference = FirstDifferenceFromJournal(earlier.fingerprint, draft.call.fingerprint);
  if (!difference.empty()) return RequestIdReused(difference);
  const std::string journalled = FieldOf(earlier.fingerprint, kStreamHashField);
  // In doubt, refused, or still on its way: the bytes decide nothing. If it breaks off meanwhile, this one is sent.
  if (journalled.empty()) return absl::OkStatus();
  while (draft.upload->status().ok() && !draft.upload->finished()) (void)draft.upload->Next();
  if (!draft.upload->status().ok()) return draft.upload->status();
  return draft.upload->sha256() == journalled ? absl::OkStatus() : RequestIdReused(std::string(kStreamHashField));
}

void AssetCreation::Launch(const DraftPtr& draft, Done<model::Asset> done) {
  draft->call.asset = IntentOf(*draft);
  // A type that the caller left to be seen may be said the next time.
  const std::string type_field = draft->prefix + "asset.media_type";
  if (FieldOf(draft->call.fingerprint, type_field) == "0" && draft->media_type != MediaType::kUnspecified) {
    model::AddSame(type_field, absl::StrCat(static_cast<int>(draft->media_type)), draft->call.fingerprint);
  }
  draft->call.claim = ClaimOf(*draft);
  if (billed_.Begin(draft->call, AnswerWith(draft, std::move(done))) == Journal::Turn::kAnswered) return;
  // The thread that has read the beginning of a stream reads the rest too.
  if (draft->streams()) return sender_.Send(*draft);
  bool taken = false;
  if (draft->sends_uri()) {
    taken = draft->account->TryChange([this, draft] { sender_.Send(*draft); });
  } else {
    // Billed: it goes on without its caller, and waits for nobody but the vendor.
    TransferQueue::Transfer transfer;
    transfer.tenant = draft->context.tenant;
    transfer.work = [this, draft](const std::shared_ptr<TransferSlot>&) { sender_.Send(*draft); };
    transfer.dropped = [this, draft] { billed_.Failed(draft->call, Acceptance::kNotAccepted, draft->account->Busy()); };
    taken = draft->account->transfers().Submit(std::move(transfer));
  }
  if (!taken) billed_.Failed(draft->call, Acceptance::kNotAccepted, draft->account->Busy());
}

void AssetCreation::AnswerWithContent(const DraftPtr& draft, model::Asset asset, Done<model::Asset> done) {
  asset.reused = true;
  if (draft->validate_only || draft->call.key.request_id.empty()) return done(std::move(asset));
  // From now on the request id stands for that asset, whatever becomes of its content's other copies.
  model::Fingerprint late = {{std::string(kReusedField), "1"}};
  if (draft->stream != nullptr) late.emplace_back(kStreamHashField, draft->info.sha256);
  billed_.AnswerAs(draft->call, asset.name(), late, AnswerWith(draft, std::move(done)));
}

Journal::Waiter AssetCreation::AnswerWith(const DraftPtr& draft, Done<model::Asset> done) {
  return [this, draft, done = std::move(done)](absl::StatusOr<std::string> name) mutable {
    if (!name.ok()) return done(name.status());
    const std::optional<model::UpstreamHandle> handle = model::ParseAssetName(*name);
    if (!handle.has_value()) return done(base::InternalError("the vendor's id cannot be part of a resource name"));
    absl::StatusOr<model::Asset> asset = store_.GetAsset(*handle);
    if (asset.ok() && draft->reuse_content) {
      const absl::StatusOr<std::optional<model::JournalEntry>> row = billed_.FindEarlier(draft->call.key);
      asset->reused = row.ok() && row->has_value() && !FieldOf((*row)->fingerprint, kReusedField).empty();
    }
    done(std::move(asset));
  };
}

}  // namespace seedance::engine
