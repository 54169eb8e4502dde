#include "service/config/live_fields.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/config/config_rules.h"

namespace seedance::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;

// Paths without positions. A dot at the end: all below.
constexpr std::string_view kLive[] = {
    "tenants",
    "log.",
    "tasks.max_open_per_tenant",
    "server.max_watch_streams",
    "server.max_watch_streams_per_tenant",
    "server.call_limits.max_calls",
    "server.call_limits.max_calls_per_tenant",
    "server.call_limits.max_answer_bytes",
    "server.call_limits.max_answer_bytes_per_tenant",
    "upstreams.tenants",
    "upstreams.rate.polls_per_second",
    "upstreams.rate.submits_per_second",
    "upstreams.anyfast.api_key.",
    "upstreams.anyfast.http.proxy",
    "upstreams.anyfast.http.ca_file",
    "upstreams.piapi.api_key.",
    "upstreams.piapi.http.proxy",
    "upstreams.piapi.http.ca_file",
    "assets.require_rights_note",
};

bool IsLive(const std::string& path) {
  return std::any_of(std::begin(kLive), std::end(kLive), [&path](std::string_view live) {
    return live.back() == '.' ? absl::StartsWith(path, std::string(live)) : path == live;
  });
}

// Goes through two messages, and makes of the first one what WithLiveFields wants.
class Comparison {
 public:
  // `shown` is the path for people, `plain` the same without positions.
  void Compare(Message& before, const Message& after, const std::string& shown, const std::string& plain) {
    const google::protobuf::Descriptor& type = *before.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string dot = plain.empty() ? "" : ".";
      CompareField(before, after, field, absl::StrCat(shown, dot, field.name()),
                   absl::StrCat(plain, dot, field.name()));
    }
  }

  ConfigChange change;

 private:
  static bool Differs(const Message& before, const Message& after, const FieldDescriptor& field) {
    MessageDifferencer one;
    return !one.CompareWithFields(before, after, {&field}, {&field});
  }

  // For each entry of a list, the position of the same one in the list of `after`: that of the same `name`, or, where
  // entries have none, that at the same place. -1: there is none.
  static std::vector<int> Counterparts(const Message& before, const Message& after, const FieldDescriptor& list) {
    const FieldDescriptor* const name = list.message_type()->FindFieldByName("name");
    const Reflection& reflection = *before.GetReflection();
    const int size = reflection.FieldSize(after, &list);
    std::vector<int> positions;
    for (int i = 0; i < reflection.FieldSize(before, &list); ++i) {
      int found = name == nullptr && i < size ? i : -1;
      for (int j = 0; name != nullptr && j < size && found < 0; ++j) {
        const Message& other = reflection.GetRepeatedMessage(after, &list, j);
        if (!Differs(reflection.GetRepeatedMessage(before, &list, i), other, *name)) found = j;
      }
      positions.push_back(found);
    }
    return positions;
  }

  void CompareField(Message& before, const Message& after, const FieldDescriptor& field, const std::string& shown,
                    const std::string& plain) {
    if (!Differs(before, after, field)) return;
    const bool deep = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map() && !IsLive(plain) &&
                      field.message_type()->full_name() != "google.protobuf.Duration";
    if (!deep) return Found(before, after, field, shown, plain);
    const Reflection& reflection = *before.GetReflection();
    if (!field.is_repeated()) {
      if (reflection.HasField(before, &field) != reflection.HasField(after, &field)) {
        return Found(before, after, field, shown, plain);
      }
      return Compare(*reflection.MutableMessage(&before, &field), reflection.GetMessage(after, &field), shown, plain);
    }
    const std::vector<int> counterparts = Counterparts(before, after, field);
    std::vector<int> unchanged(reflection.FieldSize(after, &field));
    std::iota(unchanged.begin(), unchanged.end(), 0);
    // Which entries there are, and their order. What both lists have is compared all the same: who may use it counts at
    // once.
    if (counterparts != unchanged) change.restart.push_back(shown);
    for (size_t i = 0; i < counterparts.size(); ++i) {
      if (counterparts[i] < 0) continue;
      Compare(*reflection.MutableRepeatedMessage(&before, &field, static_cast<int>(i)),
              reflection.GetRepeatedMessage(after, &field, counterparts[i]),
              absl::StrCat(shown, "[", counterparts[i], "]"), plain);
    }
  }

  // A field that differs as a whole.
  void Found(Message& before, const Message& after, const FieldDescriptor& field, const std::string& shown,
             const std::string& plain) {
    if (!IsLive(plain)) return change.restart.push_back(shown);
    change.live.push_back(shown);
    const std::unique_ptr<Message> others(after.New());
    others->CopyFrom(after);
    std::vector<const FieldDescriptor*> fields;
    others->GetReflection()->ListFields(*others, &fields);
    for (const FieldDescriptor* other : fields) {
      if (other != &field) others->GetReflection()->ClearField(others.get(), other);
    }
    before.GetReflection()->ClearField(&before, &field);
    before.MergeFrom(*others);
  }
};

}  // namespace

ConfigChange CompareConfigs(const GatewayConfig& before, const GatewayConfig& after) {
  Comparison comparison;
  GatewayConfig changed = before;
  comparison.Compare(changed, after, "", "");
  return comparison.change;
}

absl::StatusOr<GatewayConfig> WithLiveFields(const GatewayConfig& before, const GatewayConfig& after) {
  Comparison comparison;
  GatewayConfig changed = before;
  comparison.Compare(changed, after, "", "");
  std::vector<ConfigProblem> problems;
  ApplyConfigRules(changed, problems);
  if (problems.empty()) return changed;
  return absl::InvalidArgumentError(absl::StrCat(problems.front().field, ": ", problems.front().what,
                                                 "; a restart takes all of the new configuration over"));
}

}  // namespace seedance::config
