#include "service/engine/asset_creation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/sha256.h"
#include "service/engine/patience.h"

namespace seedance::engine {
namespace {

using model::MediaType;
using upstream::Acceptance;

// A vendor may not see a group for some seconds after it made it.
constexpr absl::Duration kGroupYouth = absl::Seconds(30);
constexpr absl::Duration kGroupWait = absl::Seconds(15);
constexpr absl::Duration kGroupPause = absl::Seconds(1);

// Files up to this length need not say it.
constexpr size_t kLookAhead = 1 << 20;

// The media type that a URI shows: a data URI's own word, a URL's suffix, a picture for bare Base64.
MediaType MediaTypeOfUri(const std::string& uri) {
  if (absl::StartsWithIgnoreCase(uri, "data:")) return model::MediaTypeOfMime(uri.substr(5));
  if (!absl::StartsWithIgnoreCase(uri, "https://")) return MediaType::kImage;
  const std::vector<std::string> path = absl::StrSplit(uri, absl::MaxSplits(absl::ByAnyChar("?#"), 1));
  return model::MediaTypeOfFileName(path[0]);
}

absl::Status GroupNotVisible(const absl::Status& cause) {
  base::ErrorDetail detail = base::GetErrorDetail(cause);
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(2);
  return base::MakeError("the new group cannot be used at the vendor yet", detail);
}

}  // namespace

// One creation on its way.
struct AssetCreation::Draft {
  CallContext context;
  Upstreams::Entry* entry = nullptr;
  model::UpstreamHandle group_handle;
  model::AssetGroup group;
  upstream::NewAsset asset;
  std::string inline_data;
  std::shared_ptr<upstream::ByteSource> bytes;  // With an upload.
  std::optional<int64_t> declared_size;
  std::unique_ptr<UploadSource> source;  // Of the try under way.
  model::BilledCall call;
  std::vector<base::FieldViolation> violations;
  std::string prefix;  // Of field paths.
  bool validate_only = false;

  bool has_data() const { return asset.uri.empty(); }
};

void AssetCreation::Create(const CallContext& context, const CreateAssetParams& params, Done<model::Asset> done) {
  auto draft = std::make_shared<Draft>();
  draft->context = context;
  draft->group_handle = params.group;
  draft->violations = params.violations;
  draft->validate_only = params.validate_only;
  draft->asset.display_name = params.display_name;
  draft->asset.uri = params.uri;
  draft->inline_data = params.inline_data;
  draft->asset.media_type = params.media_type;
  if (params.media_type == MediaType::kUnspecified) {
    draft->asset.media_type = draft->has_data() ? model::MediaTypeOfFileName(model::SniffSuffix(params.inline_data))
                                                : MediaTypeOfUri(params.uri);
  }
  draft->asset.file_name = absl::StrCat("upload", std::string(model::SniffSuffix(params.inline_data)));
  draft->call.key = {context.tenant, "CreateAsset", absl::AsciiStrToLower(params.request_id)};
  draft->call.fingerprint = {{"asset.asset_group", model::AssetGroupName(params.group)},
                             {"asset.display_name", params.display_name},
                             {"asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                             {"uri", base::Sha256Hex(params.uri)},
                             {"inline_data", base::Sha256Hex(params.inline_data)}};
  WithGroup(draft, std::move(done));
}

void AssetCreation::Upload(const CallContext& context, const UploadAssetParams& params,
                           std::shared_ptr<upstream::ByteSource> bytes, Done<model::Asset> done) {
  auto draft = std::make_shared<Draft>();
  draft->context = context;
  draft->group_handle = params.group;
  draft->violations = params.violations;
  draft->prefix = "metadata.";
  draft->asset.display_name = params.display_name;
  draft->asset.file_name = params.file_name;
  draft->asset.media_type =
      params.media_type == MediaType::kUnspecified ? model::MediaTypeOfFileName(params.file_name) : params.media_type;
  draft->bytes = std::move(bytes);
  draft->declared_size = params.size_bytes;
  draft->call.key = {context.tenant, "UploadAsset", absl::AsciiStrToLower(params.request_id)};
  draft->call.fingerprint = {{"metadata.asset.asset_group", model::AssetGroupName(params.group)},
                             {"metadata.asset.display_name", params.display_name},
                             {"metadata.asset.media_type", absl::StrCat(static_cast<int>(params.media_type))},
                             {"metadata.file_name", params.file_name},
                             {"metadata.size_bytes", absl::StrCat(params.size_bytes.value_or(0))}};
  WithGroup(draft, std::move(done));
}

void AssetCreation::WithGroup(const DraftPtr& draft, Done<model::Asset> done) {
  draft->entry = upstreams_.Find(draft->context.tenant, draft->group_handle.upstream);
  if (!draft->violations.empty()) {
    // Without an upstream there is no profile to check more against.
    return done(draft->entry == nullptr ? base::InvalidInput(draft->violations) : Check(*draft));
  }
  if (draft->entry == nullptr) return done(GroupNotFound(draft->group_handle));
  absl::StatusOr<model::AssetGroup> group = OwnGroup(store_, draft->context.tenant, draft->group_handle);
  if (group.ok()) {
    draft->group = *group;
    return Proceed(draft, std::move(done));
  }
  if (!absl::IsNotFound(group.status()) || !draft->entry->dedicated) return done(group.status());
  RunOn<model::Asset>(draft->entry->polls, *draft->entry, std::move(done), [this, draft](Done<model::Asset> answer) {
    absl::StatusOr<model::AssetGroup> found = adoption_.Group(draft->context, *draft->entry, draft->group_handle);
    if (!found.ok()) return answer(found.status());
    draft->group = *found;
    Proceed(draft, std::move(answer));
  });
}

void AssetCreation::Proceed(const DraftPtr& draft, Done<model::Asset> done) {
  const absl::Status checked = Check(*draft);
  if (!checked.ok()) return done(checked);
  draft->asset.group_id = draft->group.handle.id;
  // The namesake first: if it is what an earlier call of this request id made, the journal surely shows that call.
  absl::StatusOr<std::optional<model::Asset>> namesake =
      store_.FindAsset(draft->group.handle, draft->asset.display_name);
  if (!namesake.ok()) return done(namesake.status());
  absl::StatusOr<std::optional<model::BilledCall>> earlier = billed_.FindEarlier(draft->call.key);
  if (!earlier.ok()) return done(earlier.status());
  if (!earlier->has_value()) {
    if (namesake->has_value()) return done(DisplayNameTaken((*namesake)->name(), draft->asset.display_name));
  } else if (draft->bytes != nullptr) {
    return Replay(draft, **earlier, std::move(done));
  }
  if (draft->validate_only) {
    model::Asset answer;
    answer.handle.upstream = draft->group.handle.upstream;
    answer.group = draft->group.handle;
    answer.display_name = draft->asset.display_name;
    answer.media_type = draft->asset.media_type;
    return done(answer);
  }
  Launch(draft, std::move(done));
}

void AssetCreation::Launch(const DraftPtr& draft, Done<model::Asset> done) {
  if (billed_.Begin(draft->call, AnswerWith(std::move(done))) == BilledCalls::Turn::kAnswered) return;
  base::ThreadPool& pool = draft->has_data() ? draft->entry->transfers : draft->entry->submits;
  if (!pool.Submit([this, draft] { Send(draft); })) {
    billed_.Failed(draft->call, Acceptance::kNotAccepted, PoolFull(*draft->entry));
  }
}

absl::Status AssetCreation::Check(Draft& draft) const {
  const model::AssetProfile& profile = draft.entry->upstream->asset_profile();
  if (draft.asset.media_type == MediaType::kUnspecified) {
    draft.violations.push_back({absl::StrCat(draft.prefix, "asset.media_type"),
                                "is required: it cannot be seen from the source or the file name"});
  }
  const MediaType shown = draft.has_data() || absl::StartsWithIgnoreCase(draft.asset.uri, "https://")
                              ? MediaType::kUnspecified
                              : MediaTypeOfUri(draft.asset.uri);
  if (shown != MediaType::kUnspecified && shown != draft.asset.media_type) {
    draft.violations.push_back({"asset.media_type",
                                "must be that of the data: a data URI says its own, and bare Base64 "
                                "is taken for a picture"});
  }
  const int64_t most = profile.MaxBytes(draft.asset.media_type);
  const int64_t size = draft.declared_size.value_or(static_cast<int64_t>(draft.inline_data.size()));
  if (size > most) {
    draft.violations.push_back({draft.bytes == nullptr ? "inline_data" : "metadata.size_bytes",
                                absl::StrCat("must be at most ", most, " bytes for this media type, is ", size)});
  }
  return draft.violations.empty() ? absl::OkStatus() : base::InvalidInput(draft.violations);
}

void AssetCreation::Replay(const DraftPtr& draft, const model::BilledCall& earlier, Done<model::Asset> done) {
  const std::string difference = FirstDifferenceFromJournal(earlier.fingerprint, draft->call.fingerprint);
  if (!difference.empty()) return done(RequestIdReused(difference));
  const auto hash = std::find_if(earlier.fingerprint.begin(), earlier.fingerprint.end(),
                                 [](const auto& field) { return field.first == "chunk"; });
  if (hash == earlier.fingerprint.end()) {
    // In doubt, refused, or still on its way: the bytes decide nothing. If it breaks off meanwhile, this one is sent.
    return Launch(draft, std::move(done));
  }
  RunOn<model::Asset>(draft->entry->transfers, *draft->entry, std::move(done),
                      [this, draft, journalled = hash->second](Done<model::Asset> answer) {
                        const MediaType type = draft->asset.media_type;
                        UploadSource source(draft->bytes, draft->declared_size,
                                            draft->entry->upstream->asset_profile().MaxBytes(type));
                        while (source.status().ok() && !source.finished()) (void)source.Next();
                        if (!source.status().ok()) return answer(source.status());
                        if (source.sha256() != journalled) return answer(RequestIdReused("chunk"));
                        (void)billed_.Begin(draft->call, AnswerWith(std::move(answer)));
                      });
}

void AssetCreation::Send(const DraftPtr& draft) {
  upstream::CallOptions options = upstreams_.Billed(draft->context.traceparent);
  // An upload cannot outlive its caller: the bytes come from there. Cut before its end, it creates nothing.
  if (draft->bytes != nullptr) options.cancel = draft->context.cancel;
  SubmitPatience patience;
  if (draft->bytes != nullptr) patience.tries = 1;
  upstream::BilledResult<std::string> result =
      SendPatiently(patience, draft->context.deadline, clock_, random_, options.abandon,
                    [&] { return SendIntoGroup(draft, options); });
  if (result.acceptance == Acceptance::kAccepted) return Keep(draft, result.value);
  if (draft->bytes != nullptr && draft->source != nullptr && !draft->source->finished() &&
      result.acceptance == Acceptance::kUnknown) {
    result.acceptance = Acceptance::kNotAccepted;
  }
  // The source's own words say more than that the request was cut.
  if (draft->source != nullptr && !draft->source->status().ok() && result.acceptance == Acceptance::kNotAccepted) {
    result.status = draft->source->status();
  }
  billed_.Failed(draft->call, result.acceptance, result.status);
}

upstream::BilledResult<std::string> AssetCreation::SendIntoGroup(const DraftPtr& draft,
                                                                 const upstream::CallOptions& options) {
  const bool young = IsYoung(draft->group);
  // A stream can be sent only once, so look first.
  if (young && draft->bytes != nullptr) AwaitGroup(draft, options);
  const absl::Time until = clock_.Now() + kGroupWait;
  for (;;) {
    upstream::BilledResult<std::string> result = SendOnce(draft, options);
    const bool no_group = result.acceptance == Acceptance::kRefused && absl::IsNotFound(result.status);
    if (!no_group) return result;
    upstream::CallOptions look = options;
    if (look.cancel == nullptr) look.cancel = options.abandon;
    look.deadline = clock_.Now() + kGroupWait;
    if (VendorHasName(*draft, look)) {
      result.status = DisplayNameTaken(draft->group.name(), draft->asset.display_name);
      return result;
    }
    if (!young) {
      // The vendor gives this answer to a second asset of one name too.
      if (draft->entry->upstream->GetGroup(look, draft->asset.group_id).ok()) {
        result.status = DisplayNameTaken(draft->group.name(), draft->asset.display_name);
      }
      return result;
    }
    const bool again = draft->bytes == nullptr && clock_.Now() < until && Pause(kGroupPause, clock_, options.abandon);
    if (again) continue;
    result.acceptance = Acceptance::kNotAccepted;
    result.retryable = false;
    result.status = GroupNotVisible(result.status);
    return result;
  }
}

upstream::BilledResult<std::string> AssetCreation::SendOnce(const DraftPtr& draft,
                                                            const upstream::CallOptions& options) {
  if (draft->has_data()) {
    std::shared_ptr<upstream::ByteSource> bytes = draft->bytes;
    std::optional<int64_t> size = draft->declared_size;
    if (bytes == nullptr) bytes = std::make_shared<MemorySource>(draft->inline_data);
    if (!size.has_value()) {
      bytes = std::make_shared<LookAheadSource>(std::move(bytes), kLookAhead);
      size = bytes->Size();
    }
    draft->source = std::make_unique<UploadSource>(
        std::move(bytes), size, draft->entry->upstream->asset_profile().MaxBytes(draft->asset.media_type));
    draft->asset.data = draft->source.get();
  }
  return draft->entry->upstream->CreateAsset(options, draft->asset);
}

bool AssetCreation::VendorHasName(const Draft& draft, const upstream::CallOptions& options) const {
  upstream::AssetQuery query;
  query.group_ids = {draft.asset.group_id};
  query.display_name_contains = draft.asset.display_name;
  const auto page = draft.entry->upstream->ListAssets(options, query);
  return page.ok() && std::any_of(page->items.begin(), page->items.end(), [&](const upstream::AssetReport& item) {
           return item.display_name == draft.asset.display_name;
         });
}

bool AssetCreation::IsYoung(const model::AssetGroup& group) const {
  return clock_.Now() - group.create_time < kGroupYouth;
}

void AssetCreation::AwaitGroup(const DraftPtr& draft, const upstream::CallOptions& options) {
  const absl::Time until = clock_.Now() + kGroupWait;
  while (clock_.Now() < until) {
    const absl::Status seen = draft->entry->upstream->GetGroup(options, draft->asset.group_id).status();
    if (!absl::IsNotFound(seen) || !Pause(kGroupPause, clock_, options.cancel)) return;
  }
}

void AssetCreation::Keep(const DraftPtr& draft, const std::string& id) {
  model::Asset asset;
  asset.handle = {draft->group.handle.upstream, id};
  asset.tenant = draft->context.tenant;
  asset.group = draft->group.handle;
  asset.display_name = draft->asset.display_name;
  asset.media_type = draft->asset.media_type;
  asset.state = model::AssetState::kProcessing;
  asset.create_time = asset.update_time = clock_.Now();
  if (draft->source != nullptr && draft->source->finished()) {
    asset.media_info.size_bytes = draft->source->size();
    asset.media_info.sha256 = draft->source->sha256();
    if (draft->bytes != nullptr) {
      // Lost, it would only spare a later caller the comparison of the bytes.
      (void)store_.ExtendFingerprint(draft->call.key, {{"chunk", draft->source->sha256()}});
    }
  }
  billed_.Accepted(draft->call, nullptr, &asset);
  tracker_.Track(asset);
}

BilledCalls::Waiter AssetCreation::AnswerWith(Done<model::Asset> done) {
  return [this, done = std::move(done)](absl::StatusOr<std::string> name) mutable {
    if (!name.ok()) return done(name.status());
    const std::optional<model::UpstreamHandle> handle = model::ParseAssetName(*name);
    if (!handle.has_value()) return done(base::InternalError("the vendor's id cannot be part of a name"));
    done(store_.GetAsset(*handle));
  };
}

}  // namespace seedance::engine
