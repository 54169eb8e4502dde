#include "service/rpc/convert_group.h"

#include "service/rpc/convert_money.h"
#include "service/rpc/convert_time.h"

namespace seedance::rpc {

void ToProto(const model::AssetGroup& group, gateway::v1::AssetGroup* proto) {
  proto->Clear();
  if (!group.handle.id.empty()) proto->set_name(group.name());
  proto->set_display_name(group.display_name);
  proto->set_description(group.description);
  proto->set_upstream(group.handle.upstream);
  SetTime(group.create_time, [&] { return proto->mutable_create_time(); });
  SetTime(group.update_time, [&] { return proto->mutable_update_time(); });
  SetCreation(group.creation, proto);
}

}  // namespace seedance::rpc
