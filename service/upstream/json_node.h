#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace seedance::upstream {

// A position in a JSON text from an untrusted source: any path may be missing, any value may have another type. Never
// throws; below a missing position everything is missing. A value: keeps the parsed text alive, cheap to copy,
// thread-safe to read.
//
// Tests: tests/unit/upstream/wire_details_test.cc
class JsonNode {
 public:
  // A missing position.
  JsonNode() = default;
  static constexpr int kMaxDepth = 64;          // Levels of nesting.
  static constexpr size_t kMaxNodes = 200'000;  // Values in one text.
  // The root; missing when `text` is not JSON or exceeds kMaxDepth or kMaxNodes. Such a text is refused before a tree
  // is built, because a tree takes up to 30 times the memory of its text. Invalid characters in strings become U+FFFD
  // (json_repair.h).
  static JsonNode Parse(std::string_view text);

  // False for a missing position; true for `null`.
  bool exists() const { return node_ != nullptr; }
  // Type of the value; false for a missing position. At `null`, At finds nothing.
  bool IsObject() const;
  bool IsArray() const;
  bool IsText() const;

  // The member `key` of an object; missing otherwise.
  JsonNode operator[](std::string_view key) const;
  // The first of `keys` that exists and is not null.
  JsonNode First(std::initializer_list<std::string_view> keys) const;
  // Number of elements of an array; 0 otherwise.
  size_t size() const;
  // The element `index` of an array; missing otherwise.
  JsonNode operator[](size_t index) const;

  // A string as it is; a number or boolean in its JSON form; empty otherwise.
  std::string Text() const;
  // A number, or a string that begins with one ("50%"); fractions are truncated.
  std::optional<int64_t> Integer() const;
  // A boolean, also as a string.
  std::optional<bool> Truth() const;

 private:
  // nlohmann::json behind void, so that only sources depend on that library.
  JsonNode(std::shared_ptr<const void> root, const void* node) : root_(std::move(root)), node_(node) {}

  std::shared_ptr<const void> root_;
  const void* node_ = nullptr;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_
