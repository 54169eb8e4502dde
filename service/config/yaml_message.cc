#include "service/config/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/base/proto_time.h"

namespace seedance::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class YamlReader {
 public:
  YamlReader(std::vector<ConfigProblem>& problems, std::map<std::string, int>& lines)
      : problems_(problems), lines_(lines) {}

  void ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (node.IsNull()) return;  // `server:` without a value: all defaults.
    if (!node.IsMap()) return Problem(node, path, "must be a map of fields");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      const std::string inner = path.empty() ? name : absl::StrCat(path, ".", name);
      lines_[inner] = entry.first.Mark().line + 1;
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
      if (field == nullptr) {
        Problem(entry.first, inner, "is not a known field");
      } else if (!seen.insert(name).second) {
        Problem(entry.first, inner, "is given twice");
      } else if (OneofTaken(*field, message)) {
        Problem(entry.first, inner,
                absl::StrCat("conflicts with another field of ", field->containing_oneof()->name()));
      } else {
        ReadField(entry.second, inner, *field, message);
      }
    }
  }

 private:
  static bool OneofTaken(const FieldDescriptor& field, const Message& message) {
    const auto* oneof = field.real_containing_oneof();
    return oneof != nullptr && message.GetReflection()->HasOneof(message, oneof);
  }

  void ReadField(const YAML::Node& node, const std::string& path, const FieldDescriptor& field, Message& message) {
    if (!field.is_repeated()) return ReadValue(node, path, field, message);
    if (node.IsNull()) return;
    if (field.is_map()) return ReadMap(node, path, field, message);
    if (!node.IsSequence()) return Problem(node, path, "must be a list");
    for (size_t i = 0; i < node.size(); ++i) ReadValue(node[i], absl::StrCat(path, "[", i, "]"), field, message);
  }

  // Keys are text.
  void ReadMap(const YAML::Node& node, const std::string& path, const FieldDescriptor& field, Message& message) {
    if (!node.IsMap()) return Problem(node, path, "must be a map");
    const google::protobuf::Descriptor& row = *field.message_type();
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      const std::string inner = absl::StrCat(path, ".", key);
      lines_[inner] = entry.first.Mark().line + 1;
      if (!seen.insert(key).second) {
        Problem(entry.first, inner, "is given twice");
        continue;
      }
      Message& added = *message.GetReflection()->AddMessage(&message, &field);
      added.GetReflection()->SetString(&added, row.map_key(), key);
      ReadScalar(entry.second, inner, *row.map_value(), added);
    }
  }

  void ReadValue(const YAML::Node& node, const std::string& path, const FieldDescriptor& field, Message& message) {
    lines_.emplace(path, node.Mark().line + 1);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return ReadScalar(node, path, field, message);
    const Reflection* reflection = message.GetReflection();
    Message* inner =
        field.is_repeated() ? reflection->AddMessage(&message, &field) : reflection->MutableMessage(&message, &field);
    if (auto* duration = dynamic_cast<google::protobuf::Duration*>(inner)) {
      ReadDuration(node, path, *duration);
    } else {
      ReadMessage(node, path, *inner);
    }
  }

  void ReadScalar(const YAML::Node& node, const std::string& path, const FieldDescriptor& field, Message& message) {
    if (!node.IsScalar()) return Problem(node, path, "must be a single value");
    const Reflection* reflection = message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (field.is_repeated()) return reflection->AddString(&message, &field, node.Scalar());
        return reflection->SetString(&message, &field, node.Scalar());
      case FieldDescriptor::CPPTYPE_BOOL:
        if (node.Scalar() != "true" && node.Scalar() != "false") return Problem(node, path, "must be true or false");
        return reflection->SetBool(&message, &field, node.Scalar() == "true");
      case FieldDescriptor::CPPTYPE_INT32: {
        int32_t number = 0;
        if (!absl::SimpleAtoi(node.Scalar(), &number)) return Problem(node, path, "must be a whole number");
        return reflection->SetInt32(&message, &field, number);
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t number = 0;
        if (!absl::SimpleAtoi(node.Scalar(), &number)) return Problem(node, path, "must be a whole number");
        return reflection->SetInt64(&message, &field, number);
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double number = 0;
        if (!absl::SimpleAtod(node.Scalar(), &number) || !std::isfinite(number)) {
          return Problem(node, path, "must be a number");
        }
        return reflection->SetDouble(&message, &field, number);
      }
      default:
        // Unreachable for config.proto: a test reads every field.
        return Problem(node, path, "has a type that this reader does not know");
    }
  }

  void ReadDuration(const YAML::Node& node, const std::string& path, google::protobuf::Duration& proto) {
    absl::Duration duration;
    const bool bare = node.IsScalar() && node.Scalar() == "0";  // absl accepts it; here a unit is required.
    if (!node.IsScalar() || bare || !absl::ParseDuration(node.Scalar(), &duration) ||
        absl::AbsDuration(duration) == absl::InfiniteDuration()) {
      return Problem(node, path, "must be a duration with its unit, for example 15s");
    }
    proto = base::ToProto(duration);
  }

  void Problem(const YAML::Node& node, const std::string& path, const std::string& what) {
    problems_.push_back({path, what, node.Mark().line + 1});
  }

  std::vector<ConfigProblem>& problems_;
  std::map<std::string, int>& lines_;
};

// `upstreams[0].name` for the steps `upstreams`, `0`, `name`.
std::string PathOf(const std::vector<std::string>& steps) {
  std::string path;
  for (const std::string& step : steps) {
    size_t position = 0;
    if (absl::SimpleAtoi(step, &position)) {
      absl::StrAppend(&path, "[", position, "]");
    } else {
      absl::StrAppend(&path, path.empty() ? "" : ".", step);
    }
  }
  return path;
}

// The node of one step below `node`, made if it is not there; an empty text, or why there is none.
std::string Step(YAML::Node& node, const std::string& step) {
  size_t position = 0;
  YAML::Node next;
  if (!absl::SimpleAtoi(step, &position)) {
    if (!node.IsMap() && !node.IsNull()) return "is not a map of fields";
    if (!node[step]) node[step] = YAML::Node();
    next.reset(node[step]);
  } else {
    if (!node.IsSequence() && !node.IsNull()) return "is not a list";
    if (position > node.size()) return absl::StrCat("has ", node.size(), " entries, so the next one is ", node.size());
    if (position == node.size()) node.push_back(YAML::Node());
    next.reset(node[position]);
  }
  node.reset(next);
  return "";
}

void Override(YAML::Node root, const ConfigOverride& override, std::vector<ConfigProblem>& problems) {
  YAML::Node node;
  node.reset(root);
  std::vector<std::string> done;
  for (const std::string& step : override.path) {
    const std::string problem = Step(node, step);
    if (!problem.empty()) return problems.push_back({PathOf(done), problem, 0});
    done.push_back(step);
  }
  try {
    node = YAML::Load(override.value);
  } catch (const YAML::Exception& error) {
    problems.push_back({PathOf(override.path), absl::StrCat("is not YAML: ", error.msg), 0});
  }
}

// Whether the field, or one that encloses it, has its value from elsewhere than the file.
bool IsOverridden(std::string field, const ConfigSources& sources) {
  while (!field.empty()) {
    if (sources.others.count(field) > 0) return true;
    field.resize(std::min(field.find_last_of(".["), field.size() - 1));
  }
  return false;
}

// Lines in the values of overrides are none of the file.
void ForgetLinesOfOverrides(ConfigSources& sources, std::vector<ConfigProblem>& problems) {
  std::erase_if(sources.lines, [&sources](const auto& line) { return IsOverridden(line.first, sources); });
  for (ConfigProblem& problem : problems) {
    if (IsOverridden(problem.field, sources)) problem.line = 0;
  }
}

}  // namespace

std::string ConfigSources::Of(std::string field) const {
  while (!field.empty()) {
    if (const auto other = others.find(field); other != others.end()) return other->second;
    if (const auto line = lines.find(field); line != lines.end() && line->second > 0) {
      return absl::StrCat("line ", line->second);
    }
    field.resize(std::min(field.find_last_of(".["), field.size() - 1));
  }
  return "";
}

ConfigSources ReadYaml(const std::string& text, const std::vector<ConfigOverride>& overrides, Message& message,
                       std::vector<ConfigProblem>& problems) {
  ConfigSources sources;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      problems.push_back({"", "must be one YAML document", documents[1].Mark().line + 1});
      return sources;
    }
    const bool empty = documents.empty() || documents[0].IsNull();
    const YAML::Node root = empty ? YAML::Node(YAML::NodeType::Map) : documents[0];
    for (const ConfigOverride& override : overrides) {
      const std::string path = PathOf(override.path);
      const auto [other, fresh] = sources.others.emplace(path, override.source);
      if (!fresh) problems.push_back({path, absl::StrCat("is set by ", override.source, " as well"), 0});
      Override(root, override, problems);
    }
    YamlReader(problems, sources.lines).ReadMessage(root, "", message);
    ForgetLinesOfOverrides(sources, problems);
  } catch (const YAML::Exception& error) {
    problems.push_back({"", absl::StrCat("is not YAML: ", error.msg), error.mark.line + 1});
  }
  return sources;
}

}  // namespace seedance::config
