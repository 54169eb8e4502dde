#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_JSON_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// JSON without exceptions.
namespace seedance::sandbox {

using Json = nlohmann::json;

// Nothing when `text` is no JSON object.
std::optional<Json> ParseObject(std::string_view text);

// Compact text; bytes that are not UTF-8 become U+FFFD.
std::string Dump(const Json& json);

// The member, or null when `object` is no object or has none.
const Json* Find(const Json& object, const char* name);

// The member's text; empty when there is none or it is no string.
std::string TextOf(const Json& object, const char* name);

// The member's number; `otherwise` when there is none or it is no number (IntOf: no integer of 64 bits).
double NumberOf(const Json& object, const char* name, double otherwise);
int64_t IntOf(const Json& object, const char* name, int64_t otherwise);
bool BoolOf(const Json& object, const char* name, bool otherwise);

// Unix seconds with microseconds.
double UnixSeconds(absl::Time time);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_JSON_H_
