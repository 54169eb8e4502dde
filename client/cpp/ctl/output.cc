#include "client/cpp/ctl/output.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace seedance::client::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string JsonOf(const Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = indented;
  std::string text;
  // Fails only for malformed Any, Timestamp and the like, which would come from a broken gateway: print what there is.
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok() && text.empty()) text = "{}";
  if (text.back() != '\n') text += '\n';
  return text;
}

// Writes JSON that has no spaces between its parts, as MessageToJsonString does, as YAML. A scalar of JSON is one of
// YAML, so they stay as they are.
class YamlWriter {
 public:
  explicit YamlWriter(std::string_view json) : json_(json) {}

  // The value at this place, on a line of its own: `column` spaces before what is not its first line.
  std::string Value(size_t column) {
    if (At('{')) return Members('{', '}', column);
    if (At('[')) return Members('[', ']', column);
    return absl::StrCat(Scalar(), "\n");
  }

 private:
  bool At(char c) const { return at_ < json_.size() && json_[at_] == c; }

  std::string Members(char open, char close, size_t column) {
    ++at_;
    std::string text;
    while (at_ < json_.size() && !At(close)) {
      if (At(',')) ++at_;
      absl::StrAppend(&text, text.empty() ? "" : std::string(column, ' '));
      if (open == '[') {
        absl::StrAppend(&text, "- ", Value(column + 2));
      } else {
        absl::StrAppend(&text, Key(), ":");
        const bool nested =
            (At('{') || At('[')) && at_ + 1 < json_.size() && json_[at_ + 1] != '}' && json_[at_ + 1] != ']';
        if (nested) {
          absl::StrAppend(&text, "\n", std::string(column + 2, ' '), Value(column + 2));
        } else {
          absl::StrAppend(&text, " ", Value(column + 2));
        }
      }
    }
    ++at_;
    return text.empty() ? absl::StrCat(std::string(1, open), std::string(1, close), "\n") : text;
  }

  // Field names need no quotes; keys of maps do.
  std::string Key() {
    std::string key = Scalar();
    ++at_;  // The colon.
    const std::string name = key.substr(1, key.size() - 2);
    // What YAML 1.1 takes for no text.
    constexpr std::string_view kWords[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
    const bool plain = !name.empty() && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos &&
                       std::find(std::begin(kWords), std::end(kWords), name) == std::end(kWords);
    return plain ? name : key;
  }

  std::string Scalar() {
    const size_t begin = at_;
    if (At('"')) {
      for (++at_; at_ < json_.size() && !At('"'); ++at_) {
        if (At('\\')) ++at_;
      }
      ++at_;
    } else {
      at_ = std::min(json_.find_first_of(",]}", at_), json_.size());
    }
    return std::string(json_.substr(begin, at_ - begin));
  }

  const std::string_view json_;
  size_t at_ = 0;
};

std::string YamlOf(const Message& message, size_t column = 0) {
  std::string json = JsonOf(message, false);
  json.pop_back();
  return YamlWriter(json).Value(column);
}

std::string NameOf(const Message& message) {
  if (const auto* object = dynamic_cast<const google::protobuf::Struct*>(&message); object != nullptr) {
    const auto name = object->fields().find("name");
    return name == object->fields().end() ? "" : name->second.string_value();
  }
  const auto& reflection = *message.GetReflection();
  for (const char* field : {"name", "request_id", "model"}) {
    const FieldDescriptor* found = message.GetDescriptor()->FindFieldByName(field);
    const bool text = found != nullptr && found->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !found->is_repeated();
    if (text && !reflection.GetString(message, found).empty()) return reflection.GetString(message, found);
  }
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    if (std::string name = NameOf(reflection.GetMessage(message, field)); !name.empty()) return name;
  }
  return "";
}

std::string NameLine(const Message& message) {
  const std::string name = NameOf(message);
  return name.empty() ? "" : absl::StrCat(name, "\n");
}

}  // namespace

const std::vector<std::string>& FormatWords() {
  static const auto* const words = new std::vector<std::string>{"table", "json", "yaml", "name"};
  return *words;
}

Format FormatOf(std::string_view word) {
  return static_cast<Format>(std::find(FormatWords().begin(), FormatWords().end(), word) - FormatWords().begin());
}

std::string Print(const Message& message, Format format) {
  if (format == Format::kName) return NameLine(message);
  return format == Format::kYaml ? YamlOf(message) : JsonOf(message, true);
}

std::string PrintNext(const Message& message, Format format) {
  if (format == Format::kName) return NameLine(message);
  return format == Format::kYaml ? absl::StrCat("---\n", YamlOf(message)) : JsonOf(message, false);
}

std::string PrintAll(const std::vector<const Message*>& messages, Format format) {
  std::string text;
  for (const Message* message : messages) {
    if (format == Format::kName) {
      absl::StrAppend(&text, NameLine(*message));
    } else if (format == Format::kYaml) {
      absl::StrAppend(&text, "- ", YamlOf(*message, 2));
    } else {
      std::string line = JsonOf(*message, false);
      line.pop_back();
      absl::StrAppend(&text, text.empty() ? "[\n" : ",\n", line);
    }
  }
  if (format == Format::kName) return text;
  if (format == Format::kYaml) return text.empty() ? "[]\n" : text;
  return text.empty() ? "[]\n" : absl::StrCat(text, "\n]\n");
}

}  // namespace seedance::client::ctl
