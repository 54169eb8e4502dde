#include "service/rpc/convert/convert_money.h"

namespace seedance::rpc {

void ToProto(const model::Cost& cost, gateway::v1::Money* proto) {
  constexpr int64_t kMicros = 1'000'000;
  proto->set_currency_code(cost.currency);
  proto->set_units(cost.micros / kMicros);
  proto->set_nanos(static_cast<int32_t>(cost.micros % kMicros * 1000));
}

}  // namespace seedance::rpc
