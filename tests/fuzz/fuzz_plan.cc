#include "tests/fuzz/fuzz_plan.h"

#include <memory>

#include "absl/strings/str_format.h"
#include "tests/fuzz/wire_mutator.h"

namespace seedance::fuzz {
namespace {

// Of the run's calls.
constexpr double kMutatedShare = 0.25;
constexpr double kRandomShare = 0.1;
constexpr double kForeignTokenShare = 0.03;
constexpr double kWrongCountShare = 0.02;
constexpr double kImpatientShare = 0.12;

// Mutated bytes may have made a URL to be fetched out of anything.
std::string WithoutForeignUrls(const google::protobuf::Descriptor& type, std::string bytes) {
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  if (!message->ParseFromString(bytes) || !KeepLocal(*message)) return bytes;
  return message->SerializeAsString();
}

}  // namespace

FuzzPlan::FuzzPlan(const std::vector<ApiMethod>& methods, const std::vector<std::string>& tenants, SeenValues& seen,
                   RequestIds& request_ids, uint64_t seed)
    : methods_(methods), tenants_(tenants), draw_(seed) {
  for (const std::string& tenant : tenants) makers_.emplace_back(tenant, seen, request_ids, draw_);
}

std::string FuzzPlan::NewTraceId() { return absl::StrFormat("%016x%016x", draw_.Bits() | 1, draw_.Bits()); }

std::string FuzzPlan::MessageOf(const ApiMethod& method, MessageMaker& maker, Shape shape, size_t position) {
  if (shape == Shape::kRandom) {
    return WithoutForeignUrls(*method.descriptor->input_type(),
                              draw_.Bytes(draw_.Below(draw_.Chance(0.1) ? 5000 : 60)));
  }
  MessagePlan plan;
  plan.bill = shape == Shape::kTyped;
  if (draw_.Chance(0.5)) plan.odd = draw_.Chance(0.6) ? 0.04 : 0.4;
  std::string bytes = maker.Make(*method.descriptor->input_type(), plan, position)->SerializeAsString();
  if (shape == Shape::kTyped) return bytes;
  return WithoutForeignUrls(*method.descriptor->input_type(), MutateWire(std::move(bytes), draw_));
}

void FuzzPlan::DrawPatience(const ApiMethod& method, FuzzCall& call) {
  if (method.streams_responses()) {
    call.deadline = absl::Milliseconds(5 + draw_.Below(draw_.Chance(0.1) ? 1500 : 60));
    if (draw_.Chance(0.2)) call.read_most = draw_.Below(4);
  }
  if (!draw_.Chance(kImpatientShare)) return;
  switch (draw_.Below(3)) {
    case 0:
      call.cancel_at = draw_.Below(call.messages.size() + 1);
      return;
    case 1:
      call.deadline = absl::Milliseconds(draw_.Below(40));
      return;
    default:
      call.half_close = false;
      call.deadline = absl::Milliseconds(100);
  }
}

FuzzPlan::Next FuzzPlan::NextCall() {
  const ApiMethod& method = draw_.OneOf(methods_);
  const size_t tenant = draw_.Below(tenants_.size());
  FuzzCall call;
  call.path = method.path;
  call.token = draw_.Chance(kForeignTokenShare) ? (draw_.Chance(0.5) ? "" : "nobody") : tenants_[tenant];
  Shape shape = Shape::kTyped;
  if (draw_.Chance(kMutatedShare)) shape = Shape::kMutated;
  if (draw_.Chance(kRandomShare)) shape = Shape::kRandom;
  size_t count = method.streams_requests() ? draw_.Below(6) : 1;
  if (draw_.Chance(kWrongCountShare)) count = draw_.Below(3);
  const size_t victim = draw_.Below(count + 1);
  for (size_t i = 0; i < count; ++i) {
    // In a stream one message is bad and what comes before it is not.
    const bool typed = method.streams_requests() && i != victim;
    call.messages.push_back(MessageOf(method, makers_[tenant], typed ? Shape::kTyped : shape, i));
  }
  DrawPatience(method, call);
  return {&method, std::move(call)};
}

}  // namespace seedance::fuzz
