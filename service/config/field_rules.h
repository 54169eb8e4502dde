#ifndef SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_
#define SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/yaml_message.h"

namespace seedance::config {

// Whether `text` is a unit of money: an ISO 4217 code, or a vendor's own unit.
bool IsCurrency(std::string_view text);
// The rule of IsCurrency, for problems.
inline constexpr char kCurrencyRule[] = "must have 1-32 ASCII letters and digits, a letter first, for example USD";

// Applies defaults and ranges to the fields of one message, by field name; paths of problems begin with `prefix`. The
// defaults stand in the calls. `message` and `problems` must outlive it.
class FieldRules {
 public:
  FieldRules(google::protobuf::Message& message, std::string prefix, std::vector<ConfigProblem>& problems);

  // Appends a problem of `field`: `what` says the rule.
  void Add(const std::string& field, const std::string& what);

  // Replaces an empty text by `otherwise`.
  void Text(const char* name, const char* otherwise);
  // The same, and the text must be one of `words`.
  void Word(const char* name, const char* otherwise, const std::vector<std::string>& words);
  // A duration; `otherwise`, `least` and `most` in seconds.
  void Duration(const char* name, int64_t otherwise, double least, double most);
  // An int32 or int64. 0 counts as not set, unless the field is `optional`.
  void Number(const char* name, int64_t otherwise, int64_t least, int64_t most);
  // A double. 0 counts as not set, as in Number.
  void Fraction(const char* name, double otherwise, double least, double most);
  // Must have the form `host:port`; port 0 is allowed.
  void Listen(const char* name);
  // Must be an absolute https URL without a query; http too with `plain_http`. `hint` says which field allows http.
  // Removes trailing slashes.
  void Url(const char* name, bool plain_http, const std::string& hint);
  // Must have exactly one source if `required` or set.
  void Secret(const char* name, bool required);

 private:
  const google::protobuf::FieldDescriptor* Field(const char* name) const;
  std::string Get(const char* name) const;
  // Whether the configuration sets the number.
  bool Gives(const google::protobuf::FieldDescriptor& field, bool is_zero) const;

  google::protobuf::Message& message_;
  const google::protobuf::Reflection& reflection_;
  const std::string prefix_;
  std::vector<ConfigProblem>& problems_;
};

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_
