#include "service/config/limit_fields.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "service/base/proto_time.h"

namespace seedance::config {
namespace {

using google::protobuf::FieldDescriptor;
using model::Resolution;

constexpr char kNone[] = "none";
constexpr size_t kDayLength = 10;  // `2026-11-11`
constexpr char kResolutionWords[] = "480p, 720p, 1080p, 2k, 4k";

// `16:9`: two numbers of at most four digits, neither of them 0.
bool IsRatio(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return text == "adaptive";
  const auto good = [](const std::string& side) {
    return !side.empty() && side.size() <= 4 && side.front() != '0' &&
           std::all_of(side.begin(), side.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return good(text.substr(0, colon)) && good(text.substr(colon + 1));
}

absl::Duration DurationOf(const google::protobuf::Message& message) {
  return base::FromProto(*dynamic_cast<const google::protobuf::Duration*>(&message));
}

}  // namespace

model::Resolution ResolutionOf(const std::string& word) {
  for (int number = 1; number <= static_cast<int>(Resolution::k4k); ++number) {
    if (model::ResolutionName(static_cast<Resolution>(number)) == word) return static_cast<Resolution>(number);
  }
  return Resolution::kUnspecified;
}

std::string Plain(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return absl::StrCat(static_cast<int64_t>(number));
  return absl::StrCat(number);
}

LimitReader::LimitReader(const google::protobuf::Message& message, std::string path,
                         std::vector<ConfigProblem>& problems)
    : message_(message), reflection_(*message.GetReflection()), path_(std::move(path)), problems_(problems) {}

void LimitReader::Add(const std::string& field, const std::string& what) {
  problems_.push_back({absl::StrCat(path_, field), what, 0});
}

const FieldDescriptor& LimitReader::Field(const char* name) const {
  return *message_.GetDescriptor()->FindFieldByName(name);
}

bool LimitReader::Has(const char* name) const { return reflection_.HasField(message_, &Field(name)); }

double LimitReader::Get(const char* name) const {
  const FieldDescriptor& field = Field(name);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection_.GetInt32(message_, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(reflection_.GetInt64(message_, &field));
    default:
      return reflection_.GetDouble(message_, &field);
  }
}

bool LimitReader::InRange(const char* name, double number, double least, double most) {
  if (number >= least && number <= most) return true;
  Add(name, absl::StrCat("must be ", Plain(least), " to ", Plain(most), ", is ", Plain(number)));
  return false;
}

std::vector<std::string> LimitReader::Texts(const char* name) const {
  std::vector<std::string> texts;
  const FieldDescriptor& field = Field(name);
  for (int i = 0; i < reflection_.FieldSize(message_, &field); ++i) {
    texts.push_back(reflection_.GetRepeatedString(message_, &field, i));
  }
  return texts;
}

void LimitReader::Flag(const char* name, bool& value) {
  if (Has(name)) value = reflection_.GetBool(message_, &Field(name));
}

void LimitReader::Duration(const char* name, absl::Duration& value, absl::Duration most) {
  if (!Has(name)) return;
  const absl::Duration given = DurationOf(reflection_.GetMessage(message_, &Field(name)));
  const double seconds = absl::ToDoubleSeconds(given);
  if (given >= absl::ZeroDuration() && given <= most) {
    value = given;
  } else {
    Add(name, absl::StrCat("must be 0 to ", Plain(absl::ToDoubleSeconds(most)), " s, is ", Plain(seconds), " s"));
  }
}

void LimitReader::Words(const char* name, std::set<std::string>& value, const std::vector<std::string>& known) {
  const std::vector<std::string> texts = Texts(name);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (std::find(known.begin(), known.end(), texts[i]) != known.end()) continue;
    Add(absl::StrCat(name, "[", i, "]"),
        absl::StrCat("must be one of ", absl::StrJoin(known, ", "), ", is `", texts[i], "`"));
  }
  if (!texts.empty()) value = {texts.begin(), texts.end()};
}

void LimitReader::Ratios(const char* name, std::set<std::string>& value) {
  const std::vector<std::string> texts = Texts(name);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (IsRatio(texts[i])) continue;
    Add(absl::StrCat(name, "[", i, "]"),
        absl::StrCat("must be a ratio such as 16:9, or adaptive, is `", texts[i], "`"));
  }
  if (!texts.empty()) value = {texts.begin(), texts.end()};
}

void LimitReader::Resolutions(const char* name, std::set<Resolution>& value) {
  const std::vector<std::string> texts = Texts(name);
  std::set<Resolution> given;
  for (size_t i = 0; i < texts.size(); ++i) {
    const Resolution resolution = ResolutionOf(texts[i]);
    if (resolution == Resolution::kUnspecified) {
      Add(absl::StrCat(name, "[", i, "]"), absl::StrCat("must be one of ", kResolutionWords, ", is `", texts[i], "`"));
    } else {
      given.insert(resolution);
    }
  }
  if (!given.empty()) value = std::move(given);
}

void LimitReader::OneResolution(const char* name, Resolution& value) {
  const std::string word = reflection_.GetString(message_, &Field(name));
  if (word.empty()) return;
  const Resolution resolution = ResolutionOf(word);
  if (resolution != Resolution::kUnspecified) {
    value = resolution;
  } else {
    Add(name, absl::StrCat("must be one of ", kResolutionWords, ", is `", word, "`"));
  }
}

void LimitReader::OtherModel(const char* name, std::string& value) {
  const std::string other = reflection_.GetString(message_, &Field(name));
  if (!other.empty()) value = other == kNone ? "" : other;
}

void LimitReader::Day(const char* name, absl::Time& value) {
  const std::string text = reflection_.GetString(message_, &Field(name));
  absl::CivilDay day;
  if (text.empty()) return;
  if (text == kNone) {
    value = absl::InfiniteFuture();
  } else if (text.size() == kDayLength && absl::ParseCivilTime(text, &day)) {
    value = absl::FromCivil(day, absl::UTCTimeZone());
  } else {
    Add(name, absl::StrCat("must be a date such as 2026-11-11, or none, is `", text, "`"));
  }
}

LimitWriter::LimitWriter(google::protobuf::Message& message)
    : message_(message), reflection_(*message.GetReflection()) {}

const FieldDescriptor& LimitWriter::Field(const char* name) const {
  return *message_.GetDescriptor()->FindFieldByName(name);
}

void LimitWriter::Set(const char* name, double number) {
  const FieldDescriptor& field = Field(name);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection_.SetInt32(&message_, &field, static_cast<int32_t>(number));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection_.SetInt64(&message_, &field, static_cast<int64_t>(number));
    default:
      return reflection_.SetDouble(&message_, &field, number);
  }
}

void LimitWriter::Flag(const char* name, bool value) { reflection_.SetBool(&message_, &Field(name), value); }

void LimitWriter::Duration(const char* name, absl::Duration value, absl::Duration) {
  auto& proto = *reflection_.MutableMessage(&message_, &Field(name));
  *dynamic_cast<google::protobuf::Duration*>(&proto) = base::ToProto(value);
}

void LimitWriter::Words(const char* name, const std::set<std::string>& value, const std::vector<std::string>&) {
  for (const std::string& word : value) reflection_.AddString(&message_, &Field(name), word);
}

void LimitWriter::Ratios(const char* name, const std::set<std::string>& value) { Words(name, value, {}); }

void LimitWriter::Resolutions(const char* name, const std::set<Resolution>& value) {
  for (const Resolution resolution : value) {
    reflection_.AddString(&message_, &Field(name), std::string(model::ResolutionName(resolution)));
  }
}

void LimitWriter::OneResolution(const char* name, Resolution value) {
  reflection_.SetString(&message_, &Field(name), std::string(model::ResolutionName(value)));
}

void LimitWriter::OtherModel(const char* name, const std::string& value) {
  reflection_.SetString(&message_, &Field(name), value.empty() ? kNone : value);
}

void LimitWriter::Day(const char* name, absl::Time value) {
  reflection_.SetString(
      &message_, &Field(name),
      value == absl::InfiniteFuture() ? kNone : absl::FormatCivilTime(absl::ToCivilDay(value, absl::UTCTimeZone())));
}

}  // namespace seedance::config
