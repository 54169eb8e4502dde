#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {

std::optional<Json> ParseObject(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

const Json* Find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string TextOf(const Json& object, const char* name) {
  const Json* member = Find(object, name);
  return member != nullptr && member->is_string() ? member->get_ref<const std::string&>() : "";
}

double NumberOf(const Json& object, const char* name, double otherwise) {
  const Json* member = Find(object, name);
  return member != nullptr && member->is_number() ? member->get<double>() : otherwise;
}

int64_t IntOf(const Json& object, const char* name, int64_t otherwise) {
  const Json* member = Find(object, name);
  return member != nullptr && member->is_number_integer() ? member->get<int64_t>() : otherwise;
}

bool BoolOf(const Json& object, const char* name, bool otherwise) {
  const Json* member = Find(object, name);
  return member != nullptr && member->is_boolean() ? member->get<bool>() : otherwise;
}

double UnixSeconds(absl::Time time) { return static_cast<double>(absl::ToUnixMicros(time)) / 1e6; }

}  // namespace seedance::sandbox
