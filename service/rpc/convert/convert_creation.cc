#include "service/rpc/convert/convert_creation.h"

#include <algorithm>
#include <iterator>

#include "service/base/error.h"
#include "service/base/utf8.h"
#include "service/model/journal_entry.h"
#include "service/rpc/convert/convert_asset.h"
#include "service/rpc/convert/convert_group.h"
#include "service/rpc/convert/convert_time.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

struct KindRow {
  v1::Creation::Kind kind;
  const char* method;
};
constexpr KindRow kKinds[] = {{v1::Creation::KIND_ASSET_GROUP, "CreateAssetGroup"},
                              {v1::Creation::KIND_ASSET, "CreateAsset"},
                              {v1::Creation::KIND_UPLOAD, "UploadAsset"},
                              {v1::Creation::KIND_RECREATION, model::kRecreateAsset}};

v1::Creation::Kind KindOf(const std::string& method) {
  const auto row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                [&method](const KindRow& candidate) { return method == candidate.method; });
  return row == std::end(kKinds) ? v1::Creation::KIND_UNSPECIFIED : row->kind;
}

v1::Creation::State StateOf(model::JournalState state) {
  switch (state) {
    case model::JournalState::kInFlight:
    case model::JournalState::kInDoubt:
      return v1::Creation::STATE_IN_DOUBT;
    case model::JournalState::kDone:
      return v1::Creation::STATE_ACCEPTED;
    case model::JournalState::kRefused:
    case model::JournalState::kNotAccepted:
      return v1::Creation::STATE_NOT_ACCEPTED;
  }
  return v1::Creation::STATE_UNSPECIFIED;
}

}  // namespace

std::string MethodOf(v1::Creation::Kind kind) {
  const auto row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                [kind](const KindRow& candidate) { return kind == candidate.kind; });
  return row == std::end(kKinds) ? "" : row->method;
}

void ToProto(const model::JournalEntry& call, v1::Creation* proto) {
  proto->set_kind(KindOf(call.key.method));
  proto->set_request_id(base::ToUtf8(call.key.request_id));
  proto->set_state(StateOf(call.state));
  // Before it is accepted the resource has no id, or, re-created, its previous one.
  const bool accepted = call.state == model::JournalState::kDone;
  const bool again = call.key.method == model::kRecreateAsset;
  if (call.group.has_value()) {
    ToProto(*call.group, proto->mutable_asset_group());
    proto->mutable_asset_group()->set_name(accepted ? call.resource_name : "");
  } else if (call.asset.has_value()) {
    ToProto(*call.asset, proto->mutable_asset());
    if (!again) proto->mutable_asset()->set_name(accepted ? call.resource_name : "");
  }
  if (!call.error.empty()) proto->set_cause(base::ToUtf8(std::string(base::ParseStatus(call.error).message())));
  SetTime(call.create_time, [&] { return proto->mutable_create_time(); });
  SetTime(call.update_time, [&] { return proto->mutable_update_time(); });
}

void ToProto(const engine::LookupCandidate& seen, v1::ReconcileCreationResponse::Candidate* proto) {
  proto->set_upstream_id(base::ToUtf8(seen.id));
  proto->set_display_name(base::ToUtf8(seen.display_name));
  SetTime(seen.create_time.value_or(absl::InfinitePast()), [&] { return proto->mutable_create_time(); });
}

}  // namespace seedance::rpc
