#include "service/upstream/json_node.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "service/upstream/json_repair.h"

namespace seedance::upstream {
namespace {

using nlohmann::json;

const json& Value(const void* node) { return *static_cast<const json*>(node); }

std::optional<int64_t> LeadingInteger(const std::string& text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return std::nullopt;
  size_t end = begin + (text[begin] == '-' ? 1 : 0);
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  int64_t value = 0;
  if (!absl::SimpleAtoi(text.substr(begin, end - begin), &value)) return std::nullopt;
  return value;
}

// Whether `text`, if it is JSON, is within the limits. Each value but the first follows a comma or a bracket.
bool IsBounded(std::string_view text) {
  size_t nodes = 1;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      if (c == '\\') ++i;
    } else if (c == '[' || c == '{') {
      ++nodes;
      if (++depth > JsonNode::kMaxDepth) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',') {
      ++nodes;
    }
    if (nodes > JsonNode::kMaxNodes) return false;
  }
  return true;
}

}  // namespace

JsonNode JsonNode::Parse(std::string_view text) {
  if (!IsBounded(text)) return JsonNode();
  json tree = json::parse(text, nullptr, /*allow_exceptions=*/false);
  // The repair changes neither number nor depth of values.
  if (tree.is_discarded()) tree = json::parse(RepairJsonStrings(text), nullptr, /*allow_exceptions=*/false);
  auto root = std::make_shared<const json>(std::move(tree));
  if (root->is_discarded()) return JsonNode();
  const void* node = root.get();
  return JsonNode(std::move(root), node);
}

bool JsonNode::IsObject() const { return node_ != nullptr && Value(node_).is_object(); }
bool JsonNode::IsArray() const { return node_ != nullptr && Value(node_).is_array(); }
bool JsonNode::IsText() const { return node_ != nullptr && Value(node_).is_string(); }

JsonNode JsonNode::operator[](std::string_view key) const {
  if (!IsObject()) return JsonNode();
  const auto it = Value(node_).find(key);
  if (it == Value(node_).end()) return JsonNode();
  return JsonNode(root_, &*it);
}

JsonNode JsonNode::First(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    JsonNode node = (*this)[key];
    if (node.exists() && !Value(node.node_).is_null()) return node;
  }
  return JsonNode();
}

size_t JsonNode::size() const { return IsArray() ? Value(node_).size() : 0; }

JsonNode JsonNode::operator[](size_t index) const {
  if (index >= size()) return JsonNode();
  return JsonNode(root_, &Value(node_)[index]);
}

std::string JsonNode::Text() const {
  if (node_ == nullptr) return "";
  const json& value = Value(node_);
  if (const auto* text = value.get_ptr<const json::string_t*>()) return *text;
  if (value.is_number() || value.is_boolean()) return value.dump();
  return "";
}

std::optional<int64_t> JsonNode::Integer() const {
  if (node_ == nullptr) return std::nullopt;
  const json& value = Value(node_);
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (!std::isfinite(number) || std::fabs(number) > 9e18) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number()) return value.get<int64_t>();
  if (const auto* text = value.get_ptr<const json::string_t*>()) return LeadingInteger(*text);
  return std::nullopt;
}

std::optional<bool> JsonNode::Truth() const {
  const std::string text = absl::AsciiStrToLower(Text());
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

}  // namespace seedance::upstream
