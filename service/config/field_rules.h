#ifndef SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_
#define SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "service/config/yaml_message.h"

namespace seedance::config {

// A unit of money or of a vendor's own: an ISO 4217 code or a word.
bool IsCurrency(std::string_view text);
inline constexpr char kCurrencyRule[] = "must have 1-32 ASCII letters and digits, a letter first, for example USD";

// Defaults and ranges of one message's fields, by name; paths of problems begin with `prefix`.
class FieldRules {
 public:
  FieldRules(google::protobuf::Message& message, std::string prefix, std::vector<ConfigProblem>& problems);

  // Adds a problem of the field.
  void Add(const std::string& field, const std::string& what);

  // An empty text becomes `otherwise`.
  void Text(const char* name, const char* otherwise);
  // The same, and the text must be one of `words`.
  void Word(const char* name, const char* otherwise, const std::vector<std::string>& words);
  // All in seconds.
  void Duration(const char* name, int64_t otherwise, double least, double most);
  // int32 or int64. 0 counts as not given, unless the field is `optional`.
  void Number(const char* name, int64_t otherwise, int64_t least, int64_t most);
  // double. 0 as in Number.
  void Fraction(const char* name, double otherwise, double least, double most);
  // Must have the form `host:port`; port 0 is allowed.
  void Listen(const char* name);
  // Must be an absolute https URL without a query, http too if `plain_http`; `hint` says what allows it. Slashes at its
  // end are dropped.
  void Url(const char* name, bool plain_http, const std::string& hint);
  // Must have exactly one source, if `required` or set at all.
  void Secret(const char* name, bool required);

 private:
  const google::protobuf::FieldDescriptor* Field(const char* name) const;
  std::string Get(const char* name) const;
  // Whether the file gives the number.
  bool Gives(const google::protobuf::FieldDescriptor& field, bool is_zero) const;

  google::protobuf::Message& message_;
  const google::protobuf::Reflection& reflection_;
  const std::string prefix_;
  std::vector<ConfigProblem>& problems_;
};

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_FIELD_RULES_H_
