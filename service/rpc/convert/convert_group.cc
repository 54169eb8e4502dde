#include "service/rpc/convert/convert_group.h"

#include "service/rpc/convert/convert_money.h"
#include "service/rpc/convert/convert_time.h"

namespace seedance::rpc {
namespace {

namespace v1 = gateway::v1;

static_assert(v1::GroupType_MAX == 2 &&
              static_cast<int>(v1::GROUP_TYPE_AIGC) == static_cast<int>(model::GroupType::kAigc) &&
              static_cast<int>(v1::GROUP_TYPE_LIVENESS_FACE) == static_cast<int>(model::GroupType::kLivenessFace));

}  // namespace

gateway::v1::GroupType ToProto(model::GroupType type) { return static_cast<gateway::v1::GroupType>(type); }
model::GroupType FromProto(gateway::v1::GroupType type) { return static_cast<model::GroupType>(type); }

void ToProto(const model::AssetGroup& group, gateway::v1::AssetGroup* proto) {
  proto->Clear();
  if (!group.handle.id.empty()) proto->set_name(group.name());
  proto->set_display_name(group.display_name);
  proto->set_description(group.description);
  proto->set_upstream(group.handle.upstream);
  SetTime(group.create_time, [&] { return proto->mutable_create_time(); });
  SetTime(group.update_time, [&] { return proto->mutable_update_time(); });
  proto->set_group_type(ToProto(group.type));
  SetCreation(group.creation, proto);
}

}  // namespace seedance::rpc
