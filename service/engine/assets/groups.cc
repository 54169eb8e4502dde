#include "service/engine/assets/groups.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/sha256.h"
#include "service/engine/assets/vendor_pages.h"
#include "service/engine/dispatch/retry_policy.h"
#include "service/model/cost.h"

namespace seedance::engine {
namespace {

// A group into which creations keep coming while it is deleted is not empty.
constexpr int kMostGroupDeletions = 5;

// The answer of the journal (a name) becomes the group itself.
Journal::Waiter AnswerWith(store::Store& store, Done<model::AssetGroup> done) {
  return [&store, done = std::move(done)](absl::StatusOr<std::string> name) mutable {
    if (!name.ok()) return done(name.status());
    const std::optional<model::UpstreamHandle> handle = model::ParseAssetGroupName(*name);
    if (!handle.has_value()) return done(base::InternalError("the vendor's id cannot be part of a resource name"));
    done(store.GetGroup(*handle));
  };
}

model::GroupType TypeOf(const CreateGroupParams& params) {
  return params.type == model::GroupType::kUnspecified ? model::GroupType::kAigc : params.type;
}

model::AssetGroup GroupOf(const CallContext& context, const CreateGroupParams& params, const VendorAccount& account,
                          const std::string& id) {
  model::AssetGroup group;
  group.handle = {account.name(), id};
  group.tenant = context.tenant;
  group.display_name = params.display_name;
  group.description = params.description;
  group.type = TypeOf(params);
  return group;
}

bool HasGroups(const VendorAccount& account) { return account.profile().assets.groups; }

absl::Status NotEmpty(const model::UpstreamHandle& handle) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kGroupNotEmpty;
  detail.resource = base::ResourceRef{"seedance.gateway.v1.AssetGroup", model::AssetGroupName(handle)};
  return base::MakeError("the group has assets; delete them, or set force to delete them with it", detail);
}

}  // namespace

void Groups::Create(const CallContext& context, const CreateGroupParams& params, Done<model::AssetGroup> done) {
  absl::StatusOr<VendorAccount*> chosen = accounts_.Choose(context.tenant, params.upstream, "asset_group.upstream");
  if (!chosen.ok()) return done(chosen.status());
  VendorAccount& account = **chosen;
  if (params.validate_only) {
    model::AssetGroup draft = GroupOf(context, params, account, "");
    draft.creation = model::CostOfGroup(account.profile().assets);
    return done(draft);
  }
  model::JournalEntry call;
  call.key = {context.tenant, "CreateAssetGroup", absl::AsciiStrToLower(params.request_id)};
  call.traceparent = context.traceparent;
  call.fingerprint = {{"asset_group.upstream", params.upstream},
                      {"asset_group.display_name", params.display_name},
                      {"asset_group.description", base::Sha256Hex(params.description)}};
  const auto first = accounts_.Choose(context.tenant, "", "asset_group.upstream");
  if (params.upstream.empty()) {
    model::AddSame("asset_group.upstream", account.name(), call.fingerprint);
  } else if (first.ok() && *first == &account) {
    model::AddSame("asset_group.upstream", "", call.fingerprint);
  }
  // It came later: only where it differs from the default, so that the journal's older rows compare equal.
  if (params.type != model::GroupType::kUnspecified && params.type != model::GroupType::kAigc) {
    call.fingerprint.emplace_back("asset_group.group_type", absl::StrCat(static_cast<int>(params.type)));
  }
  call.group = GroupOf(context, params, account, "");
  if (!HasGroups(account)) {
    if (journal_.Begin(call, AnswerWith(store_, std::move(done))) == Journal::Role::kAnswered) return;
    return Keep(context, params, account, call, "group-" + base::MakeUuidV7(clock_.Now(), random_));
  }
  if (journal_.Enter(call, AnswerWith(store_, std::move(done))) == Journal::Role::kAnswered) return;
  const auto earlier = journal_.FindEarlier(call.key);
  if (!earlier.ok()) return journal_.Leave(call, earlier.status());
  // An earlier call is answered at once, or has broken off.
  if (earlier->has_value() && !journal_.Begin(call)) return;
  // Billed: it waits for its turn without its caller. It is journalled then: what a kill ends before is not in doubt.
  const bool taken = account.TryChange(
      context.tenant,
      [this, context, params, &account, call](RequestSlot&) {
        if (journal_.Begin(call)) Send(context, params, account, call);
      },
      [this, call](const absl::Status& why) { journal_.Leave(call, why); }, /*patient=*/false);
  if (!taken) journal_.Leave(call, account.Busy());
}

void Groups::Send(const CallContext& context, const CreateGroupParams& params, VendorAccount& account,
                  model::JournalEntry call) {
  const upstream::CallOptions options = accounts_.Billed(context);
  const upstream::BilledResult<std::string> result =
      SendPatiently({}, context.deadline, clock_, random_, options.abandon, [&] {
        // The vendor is told the type that is stored: some keys demand one.
        return account.upstream().groups()->CreateGroup(options,
                                                        {params.display_name, params.description, TypeOf(params)});
      });
  if (result.acceptance != upstream::Acceptance::kAccepted) {
    return journal_.Failed(std::move(call), result.acceptance, result.status);
  }
  Keep(context, params, account, std::move(call), result.value);
}

void Groups::Keep(const CallContext& context, const CreateGroupParams& params, const VendorAccount& account,
                  model::JournalEntry call, const std::string& id) {
  model::AssetGroup group = GroupOf(context, params, account, id);
  group.create_time = group.update_time = clock_.Now();
  journal_.Accepted(std::move(call), &group, nullptr);
}

void Groups::Get(const CallContext& context, const model::UpstreamHandle& handle, Done<model::AssetGroup> done) {
  absl::StatusOr<model::AssetGroup> stored = OwnGroup(store_, context.tenant, handle);
  VendorAccount* account = accounts_.Find(context.tenant, handle.upstream);
  if (stored.ok() || !absl::IsNotFound(stored.status()) || account == nullptr || !account->dedicated()) {
    return done(std::move(stored));
  }
  account->Read<model::AssetGroup>(context, std::move(done),
                                   [this, context, account, handle](Done<model::AssetGroup> answer) {
                                     answer(adoption_.Group(context, *account, handle));
                                   });
}

void Groups::List(const CallContext& context, const ListGroupsParams& params,
                  Done<model::Page<model::AssetGroup>> done) {
  if (!params.read_upstream) return done(ReadPage(context, params));
  absl::StatusOr<VendorAccount*> account = accounts_.Choose(context.tenant, params.upstream, "upstream");
  if (!account.ok()) return done(account.status());
  (*account)->Read<model::Page<model::AssetGroup>>(
      context, std::move(done),
      [this, context, params, account = *account](Done<model::Page<model::AssetGroup>> answer) {
        const absl::Status adopted = adoption_.AllGroups(context, *account, params.type);
        if (!adopted.ok()) return answer(adopted);
        answer(ReadPage(context, params));
      });
}

absl::StatusOr<model::Page<model::AssetGroup>> Groups::ReadPage(const CallContext& context,
                                                                const ListGroupsParams& params) {
  return store_.ListGroups({context.tenant, params.upstream, params.display_name_contains, params.type}, params.after,
                           params.page_size);
}

void Groups::Update(const CallContext& context, const UpdateGroupParams& params, Done<model::AssetGroup> done) {
  VendorAccount* account = accounts_.Find(context.tenant, params.handle.upstream);
  if (account == nullptr) return done(GroupNotFound(params.handle));
  // What the vendor is not asked for does not wait for it.
  const bool renames = params.display_name.has_value() && HasGroups(*account);
  if (!renames && OwnGroup(store_, context.tenant, params.handle).ok()) {
    return done(UpdateNow(context, params, *account));
  }
  account->Change<model::AssetGroup>(context, std::move(done),
                                     [this, context, params, account](Done<model::AssetGroup> answer) {
                                       answer(UpdateNow(context, params, *account));
                                     });
}

absl::StatusOr<model::AssetGroup> Groups::UpdateNow(const CallContext& context, const UpdateGroupParams& params,
                                                    VendorAccount& account) {
  absl::StatusOr<model::AssetGroup> group = adoption_.Group(context, account, params.handle);
  if (!group.ok()) return group;
  if (HasGroups(account) && params.display_name.has_value() && *params.display_name != group->display_name) {
    const absl::Status updated =
        account.upstream().groups()->UpdateGroup(ToCallOptions(context), params.handle.id, *params.display_name);
    if (!updated.ok()) return updated;
  }
  // Only what was asked for: another call may have changed the rest meanwhile.
  return store_.UpdateGroup(params.handle, [&](model::AssetGroup& edited) {
    if (params.display_name.has_value()) edited.display_name = *params.display_name;
    if (params.description.has_value()) edited.description = *params.description;
    edited.update_time = clock_.Now();
    return absl::OkStatus();
  });
}

void Groups::Delete(const CallContext& context, const DeleteGroupParams& params, Done<Nothing> done) {
  VendorAccount* account = accounts_.Find(context.tenant, params.handle.upstream);
  if (account == nullptr) {
    if (params.allow_missing) return done(Nothing{});
    return done(GroupNotFound(params.handle));
  }
  account->Change<Nothing>(context, std::move(done), [this, context, params, account](Done<Nothing> answer) {
    const absl::Status deleted = DeleteNow(context, params, *account);
    if (deleted.ok() || (params.allow_missing && absl::IsNotFound(deleted))) return answer(Nothing{});
    answer(deleted);
  });
}

absl::Status Groups::DeleteNow(const CallContext& context, const DeleteGroupParams& params, VendorAccount& account) {
  absl::StatusOr<model::AssetGroup> group = adoption_.Group(context, account, params.handle);
  if (!group.ok()) return group.status();
  absl::StatusOr<std::vector<model::Asset>> assets = AssetsOf(context, params.handle);
  if (!assets.ok()) return assets.status();
  if (!assets->empty() && !params.force) return NotEmpty(params.handle);
  if (HasGroups(account)) {
    if (!params.force) {
      const absl::Status empty = CheckEmptyAtVendor(context, params.handle, account);
      if (!empty.ok()) return empty;
    }
    const absl::Status deleted = account.upstream().groups()->DeleteGroup(ToCallOptions(context), params.handle.id);
    // Already gone at the vendor is as good as deleted.
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  } else {
    return DeleteKept(context, params, *std::move(assets), account);
  }
  const absl::Status removed = store_.DeleteGroup(params.handle);
  if (!removed.ok()) return removed;
  for (const model::Asset& asset : *assets) asset_hub_.PublishGone(asset.name());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<model::Asset>> Groups::AssetsOf(const CallContext& context,
                                                           const model::UpstreamHandle& group) {
  std::vector<model::Asset> assets;
  store::Store::AssetFilter filter;
  filter.tenant = context.tenant;
  filter.groups = {group};
  model::PageCursor after;
  do {
    absl::StatusOr<model::Page<model::Asset>> page = store_.ListAssets(filter, after, 1000);
    if (!page.ok()) return page.status();
    for (model::Asset& asset : page->items) assets.push_back(std::move(asset));
    after = page->next;
  } while (!after.at_start());
  return assets;
}

absl::Status Groups::CheckEmptyAtVendor(const CallContext& context, const model::UpstreamHandle& group,
                                        VendorAccount& account) {
  // Of any type: what is stored as the type of an adopted group may be a guess, and under another type than its own a
  // full group looks empty.
  upstream::AssetQuery query;
  query.group_ids = {group.id};
  const auto list = [&](const upstream::AssetQuery& page) {
    return account.upstream().assets().ListAssets(ToCallOptions(context), page);
  };
  const absl::StatusOr<bool> all = ForEachListed(query, list, [&](const upstream::AssetReport& asset) {
    return asset.group_id == group.id ? NotEmpty(group) : absl::OkStatus();
  });
  if (!all.ok()) return all.status();
  // Else a vendor that filters nothing, with more assets than can be looked through.
  return *all ? absl::OkStatus() : NotEmpty(group);
}

absl::Status Groups::DeleteKept(const CallContext& context, const DeleteGroupParams& params,
                                std::vector<model::Asset> assets, VendorAccount& account) {
  for (int round = 0; round < kMostGroupDeletions; ++round) {
    if (!assets.empty() && !params.force) return NotEmpty(params.handle);
    for (const model::Asset& asset : assets) {
      const absl::Status deleted = DeleteAssetAtVendor(context, asset, account);
      if (!deleted.ok()) return deleted;
    }
    const absl::StatusOr<bool> removed = store_.DeleteEmptyGroup(params.handle);
    if (!removed.ok()) return removed.status();
    if (*removed) return absl::OkStatus();
    // The vendor took another one for it meanwhile.
    absl::StatusOr<std::vector<model::Asset>> more = AssetsOf(context, params.handle);
    if (!more.ok()) return more.status();
    assets = *std::move(more);
  }
  return NotEmpty(params.handle);
}

absl::Status Groups::DeleteAssetAtVendor(const CallContext& context, const model::Asset& asset,
                                         VendorAccount& account) {
  const absl::Status deleted = account.upstream().assets().DeleteAsset(ToCallOptions(context), asset.upstream_id());
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  // At once, so that what is gone at the vendor is not shown when the next one fails. One that was created again
  // meanwhile stays, for the next round.
  const absl::StatusOr<bool> removed = store_.DeleteAssetOf(asset.handle, asset.upstream_id());
  if (!removed.ok()) return absl::IsNotFound(removed.status()) ? absl::OkStatus() : removed.status();
  if (*removed) asset_hub_.PublishGone(asset.name());
  return absl::OkStatus();
}

}  // namespace seedance::engine
