#include "service/config/field_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/base/host/host_port.h"
#include "service/http/url.h"

namespace seedance::config {

using google::protobuf::FieldDescriptor;

bool IsCurrency(std::string_view text) {
  constexpr size_t kMost = 32;
  return !text.empty() && text.size() <= kMost && absl::ascii_isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isalnum(c); });
}

FieldRules::FieldRules(google::protobuf::Message& message, std::string prefix, std::vector<ConfigProblem>& problems)
    : message_(message), reflection_(*message.GetReflection()), prefix_(std::move(prefix)), problems_(problems) {}

void FieldRules::Add(const std::string& field, const std::string& what) {
  problems_.push_back({absl::StrCat(prefix_, field), what, 0});
}

const FieldDescriptor* FieldRules::Field(const char* name) const {
  return message_.GetDescriptor()->FindFieldByName(name);
}

std::string FieldRules::Get(const char* name) const { return reflection_.GetString(message_, Field(name)); }

void FieldRules::Text(const char* name, const char* otherwise) {
  if (Get(name).empty()) reflection_.SetString(&message_, Field(name), otherwise);
}

void FieldRules::Word(const char* name, const char* otherwise, const std::vector<std::string>& words) {
  Text(name, otherwise);
  const std::string word = Get(name);
  if (word == otherwise || std::find(words.begin(), words.end(), word) != words.end()) return;
  Add(name, absl::StrCat("must be one of ", absl::StrJoin(words, ", "), ", is `", word, "`"));
}

void FieldRules::Duration(const char* name, int64_t otherwise, double least, double most) {
  const bool given = reflection_.HasField(message_, Field(name));
  auto& value = *dynamic_cast<google::protobuf::Duration*>(reflection_.MutableMessage(&message_, Field(name)));
  if (!given) return value.set_seconds(otherwise);
  const double seconds = static_cast<double>(value.seconds()) + value.nanos() / 1e9;
  if (seconds < least || seconds > most) {
    Add(name, absl::StrCat("must be ", least, " to ", most, " s, is ", seconds, " s"));
  }
}

bool FieldRules::Gives(const FieldDescriptor& field, bool is_zero) const {
  return field.has_presence() ? reflection_.HasField(message_, &field) : !is_zero;
}

void FieldRules::Number(const char* name, int64_t otherwise, int64_t least, int64_t most) {
  const FieldDescriptor& field = *Field(name);
  const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  const int64_t value = wide ? reflection_.GetInt64(message_, &field) : reflection_.GetInt32(message_, &field);
  if (!Gives(field, value == 0)) {
    if (wide) return reflection_.SetInt64(&message_, &field, otherwise);
    return reflection_.SetInt32(&message_, &field, static_cast<int32_t>(otherwise));
  }
  if (value < least || value > most) Add(name, absl::StrCat("must be ", least, " to ", most, ", is ", value));
}

void FieldRules::Fraction(const char* name, double otherwise, double least, double most) {
  const double value = reflection_.GetDouble(message_, Field(name));
  if (!Gives(*Field(name), value == 0)) return reflection_.SetDouble(&message_, Field(name), otherwise);
  // Also refuses NaN.
  if (!(value >= least && value <= most)) Add(name, absl::StrCat("must be ", least, " to ", most, ", is ", value));
}

void FieldRules::Listen(const char* name) {
  const std::string listen = Get(name);
  const std::optional<base::HostPort> split = base::SplitHostPort(listen);
  int port = 0;
  const bool good = split.has_value() && absl::SimpleAtoi(split->port, &port) && port >= 0 && port <= 65535;
  if (!good) Add(name, absl::StrCat("must have the form host:port, is `", listen, "`"));
}

void FieldRules::Url(const char* name, bool plain_http, const std::string& hint) {
  std::string url = Get(name);
  while (absl::EndsWith(url, "/")) url.pop_back();
  reflection_.SetString(&message_, Field(name), url);
  const bool known = absl::StartsWith(url, "https://") || absl::StartsWith(url, "http://");
  if (!absl::StartsWith(url, "https://") && !(plain_http && known)) {
    Add(name, absl::StrCat("must begin with https:// (http:// ", hint, ")"));
  } else if (!http::ParseUrl(url).has_value() || url.find_first_of("?#") != std::string::npos) {
    // The URL is not quoted: it may contain a password.
    Add(name, "must be a URL with a host, without user, query and fragment");
  }
}

void FieldRules::Secret(const char* name, bool required) {
  if (!required && !reflection_.HasField(message_, Field(name))) return;
  const auto& secret =
      *dynamic_cast<const gateway::config::v1::Secret*>(&reflection_.GetMessage(message_, Field(name)));
  if (secret.file().empty() && secret.env().empty()) Add(name, "is required: file or env");
}

}  // namespace seedance::config
