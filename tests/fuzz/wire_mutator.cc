#include "tests/fuzz/wire_mutator.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace seedance::fuzz {
namespace {

constexpr uint32_t kFieldNumbers[] = {0, 1, 2, 3, 4, 5, 7, 14, 15, 16, 100, 18'999, 19'000, 536'870'911};
constexpr size_t kDepths[] = {10, 99, 100, 101, 1'000, 100'000};

std::string Varint(uint64_t value) {
  uint8_t buffer[10];
  const uint8_t* end = google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, buffer);
  return std::string(reinterpret_cast<const char*>(buffer), static_cast<size_t>(end - buffer));
}

std::string Tag(uint32_t number, uint32_t wire_type) { return Varint((number << 3) | wire_type); }

uint32_t AnyNumber(Draw& draw) { return kFieldNumbers[draw.Below(std::size(kFieldNumbers))]; }

// A field with any wire type, also those that do not exist, and a payload that may not fit it.
std::string AnyField(Draw& draw) {
  const auto wire_type = static_cast<uint32_t>(draw.Below(8));
  std::string payload = draw.Bytes(draw.Below(12));
  if (wire_type == 0) payload = draw.Chance(0.3) ? std::string(11, '\xff') : Varint(draw.Bits());
  if (wire_type == 2) payload = absl::StrCat(Varint(draw.Chance(0.7) ? payload.size() : draw.Bits() >> 33), payload);
  return absl::StrCat(Tag(AnyNumber(draw), wire_type), payload);
}

// Groups inside groups, or messages inside messages, as deep as a parser may not follow.
std::string Nested(Draw& draw) {
  const size_t depth = kDepths[draw.Below(std::size(kDepths))];
  const uint32_t number = AnyNumber(draw);
  std::string bytes;
  if (draw.Chance(0.5)) {
    for (size_t i = 0; i < depth; ++i) bytes += Tag(number, 3);
    for (size_t i = 0; i < depth && draw.Chance(0.999); ++i) bytes += Tag(number, 4);
    return bytes;
  }
  for (size_t i = 0; i < std::min<size_t>(depth, 1'000); ++i) {
    bytes = absl::StrCat(Tag(number, 2), Varint(bytes.size()), bytes);
  }
  return bytes;
}

void MutateOnce(std::string& bytes, Draw& draw) {
  const size_t at = draw.Below(bytes.size() + 1);
  switch (draw.Below(7)) {
    case 0:
      for (size_t i = draw.Below(4) + 1; i > 0 && !bytes.empty(); --i) {
        char& byte = bytes[draw.Below(bytes.size())];
        byte = static_cast<char>(byte ^ (1 << draw.Below(8)));
      }
      return;
    case 1:
      bytes.resize(at);
      return;
    case 2:
      bytes.insert(draw.Below(bytes.size() + 1), bytes.substr(at, draw.Below(200)));
      return;
    case 3:
      bytes.insert(at, draw.Bytes(draw.Below(8) + 1));
      return;
    case 4:
      bytes.erase(at, draw.Below(8) + 1);
      return;
    case 5:
      bytes.insert(draw.Chance(0.7) ? bytes.size() : at, AnyField(draw));
      return;
    default:
      bytes.insert(draw.Chance(0.7) ? bytes.size() : at, Nested(draw));
      return;
  }
}

}  // namespace

std::string MutateWire(std::string bytes, Draw& draw) {
  for (size_t i = draw.Below(4) + 1; i > 0; --i) MutateOnce(bytes, draw);
  return bytes;
}

}  // namespace seedance::fuzz
