#include "tests/fuzz/seen_values.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace seedance::fuzz {
namespace {

namespace pb = google::protobuf;

constexpr size_t kMostPerField = 64;
constexpr size_t kMostBytes = 4096;

// `assetgroup` for `assetGroups/`: how messages and fields name one resource of the collection.
std::string Singular(const std::string& collection) {
  return absl::AsciiStrToLower(absl::StripSuffix(absl::StripSuffix(collection, "/"), "s"));
}

std::string Flat(const std::string& identifier) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(identifier, {{"_", ""}}));
}

// How well a field fits a collection: the length of the collection's name where it appears, else 0.
size_t Fit(const pb::FieldDescriptor& field, const std::string& collection) {
  const std::string singular = Singular(collection);
  const std::string place = field.name() == "name" ? Flat(field.containing_type()->name()) : Flat(field.name());
  return absl::StrContains(place, singular) ? singular.size() : 0;
}

}  // namespace

void SeenValues::Keep(const std::string& key, const std::string& value) {
  std::vector<std::string>& values = values_[key];
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  if (values.size() < kMostPerField) {
    values.push_back(value);
  } else {
    values[next_++ % kMostPerField] = value;
  }
}

void SeenValues::Walk(const pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      Walk(reflection.GetMessage(message, field));
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Walk(reflection.GetRepeatedMessage(message, field, i));
      }
    } else if (field->type() == pb::FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
      const std::string value = reflection.GetString(message, field);
      if (value.empty() || value.size() > kMostBytes || absl::StartsWith(value, kBillTextPrefix)) continue;
      const size_t slash = value.find('/');
      Keep(field->name() == "name" && slash != std::string::npos ? value.substr(0, slash + 1) : field->name(), value);
    }
  }
}

void SeenValues::Learn(const pb::Message& response) {
  base::MutexLock lock(mutex_);
  Walk(response);
}

std::optional<std::string> SeenValues::For(const pb::FieldDescriptor& field, Draw& draw) const {
  base::MutexLock lock(mutex_);
  const std::vector<std::string>* best = nullptr;
  size_t fit = 0;
  for (const auto& [key, values] : values_) {
    const bool collection = key.back() == '/';
    // `page_token` takes what `next_page_token` brought.
    const size_t here = collection ? Fit(field, key) : absl::EndsWith(key, field.name()) ? field.name().size() : 0;
    if (here > fit) {
      fit = here;
      best = &values;
    }
  }
  if (best == nullptr) return std::nullopt;
  return draw.OneOf(*best);
}

}  // namespace seedance::fuzz
