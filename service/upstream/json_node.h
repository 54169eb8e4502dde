#ifndef SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_
#define SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace seedance::upstream {

// A place in a JSON text that others wrote: any path may be missing, any value of another type than agreed. Never
// throws; a missing place has only missing places below it. A value: keeps its text alive, cheap to copy.
class JsonNode {
 public:
  // A missing place.
  JsonNode() = default;
  static constexpr int kMaxDepth = 64;
  static constexpr size_t kMaxNodes = 200'000;
  // The root; missing when `text` is not JSON, nests deeper than kMaxDepth or holds more than kMaxNodes values. Such a
  // text is refused before anything is built of it, because a tree takes up to 30 times the memory of its text. Broken
  // characters in strings hide nothing else: U+FFFD stands for them (json_repair.h).
  static JsonNode Parse(std::string_view text);

  bool exists() const { return node_ != nullptr; }
  // `null` counts as missing for At, but exists.
  bool IsObject() const;
  bool IsArray() const;
  bool IsText() const;

  JsonNode operator[](std::string_view key) const;
  // The first of the keys that is there and not null.
  JsonNode First(std::initializer_list<std::string_view> keys) const;
  // Elements of an array, else 0.
  size_t size() const;
  JsonNode operator[](size_t index) const;

  // A string as it is; a number or truth value in its JSON form; else empty.
  std::string Text() const;
  // A number, or a string that begins with one ("50%"); fractions are cut off.
  std::optional<int64_t> Integer() const;
  // `true` and `false`, also as strings.
  std::optional<bool> Truth() const;

 private:
  // nlohmann::json behind void, so that only sources see that library.
  JsonNode(std::shared_ptr<const void> root, const void* node) : root_(std::move(root)), node_(node) {}

  std::shared_ptr<const void> root_;
  const void* node_ = nullptr;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_JSON_NODE_H_
