#include "tests/fuzz/message_maker.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/base/sha256.h"
#include "tests/fuzz/odd_values.h"
#include "tests/testing/temp_dir.h"

namespace seedance::fuzz {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;
using TextList = std::vector<std::string>;

constexpr int kMaxDepth = 8;
constexpr size_t kRecentRequestIds = 24;
constexpr char kOwnPackage[] = "seedance.gateway.";

// Plausible values by field name.
const TextList* KnownTexts(const std::string& field) {
  static const auto* known = new std::map<std::string, TextList>{
      {"display_name", {"hero", "villain", "clip", "music", "slow hero", "fail-FaceMismatch"}},
      {"prompt",
       {"a fox runs", "{hero} walks", "@image1 dances with {hero}", "[fail] a fox", "[moderation]", "[nourl]"}},
      {"aspect_ratio", {"", "16:9", "9:16", "1:1"}},
      {"model", {"", "", "seedance", "seedance-fast"}},
      {"upstream", {"", "", "anyfast", "piapi"}},
      {"label", {"hero", "villain", "clip"}},
      {"file_name", {"hero.png", "clip.mp4", "music.mp3"}},
      {"description", {"", "all that we need"}},
      {"display_name_contains", {"", "hero"}},
      {"paths", {"display_name", "description"}},
      {"upstream_task_id", {"task-1", "cgt-20260101000000-zzzzz"}},
      {"key", {"team", "shot"}},  // Of maps.
      {"value", {"red", "blue"}},
  };
  const auto found = known->find(field);
  return found == known->end() ? nullptr : &found->second;
}

const TextList& MediaFiles() {
  static const auto* files = [] {
    auto* all = new TextList;
    for (const char* name : {"hero.png", "clip.mp4", "music.mp3"}) {
      all->push_back(testing::ReadFile(absl::StrCat(SEEDANCE_TEST_MEDIA_DIR, "/", name)));
    }
    return all;
  }();
  return *files;
}

bool IsBillText(const Field& field) {
  return field.type() == Field::TYPE_STRING && !field.is_repeated() &&
         (field.name() == "display_name" || field.name() == "prompt");
}

bool IsOwnMessage(const Field& field) {
  return field.cpp_type() == Field::CPPTYPE_MESSAGE && absl::StartsWith(field.message_type()->full_name(), kOwnPackage);
}

}  // namespace

std::string RequestIds::Next(Draw& draw) {
  base::MutexLock lock(mutex_);
  if (!recent_.empty() && draw.Chance(0.5)) return draw.OneOf(recent_);
  if (recent_.size() == kRecentRequestIds) recent_.erase(recent_.begin());
  recent_.push_back(absl::StrFormat("%08x-%04x-4%03x-8%03x-%012x", draw.Bits() & 0xffffffff, draw.Bits() & 0xffff,
                                    draw.Bits() & 0xfff, draw.Bits() & 0xfff, draw.Bits() & 0xffffffffffff));
  return recent_.back();
}

std::unique_ptr<pb::Message> MessageMaker::Make(const pb::Descriptor& type, const MessagePlan& plan, size_t position) {
  plan_ = plan;
  position_ = position;
  std::unique_ptr<pb::Message> message(pb::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  Fill(*message, 0);
  KeepLocal(*message);
  return message;
}

void MessageMaker::Fill(pb::Message& message, int depth) {
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const Field& field = *type.field(i);
    if (field.real_containing_oneof() == nullptr && IsPresent(field)) FillField(message, field, depth);
  }
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) FillOneof(message, *type.oneof_decl(i), depth);
  if (plan_.bill) BindBill(message);
}

void MessageMaker::FillOneof(pb::Message& message, const pb::OneofDescriptor& oneof, int depth) {
  int choice = static_cast<int>(draw_.Below(static_cast<size_t>(oneof.field_count())));
  if (depth == 0 && !Odd()) choice = position_ == 0 ? choice : oneof.field_count() - 1;
  // In the first message of a stream the members are not of equal rank.
  if (depth == 0 && position_ == 0 && IsOwnMessage(*oneof.field(0)) && !Odd()) choice = 0;
  if (!Odd() || draw_.Chance(0.5)) FillField(message, *oneof.field(choice), depth);
}

bool MessageMaker::IsPresent(const Field& field) {
  if (Odd()) return draw_.Chance(0.6);
  const std::string& name = field.name();
  if (IsOwnMessage(field) && (!field.is_repeated() || absl::EndsWith(field.message_type()->name(), "Request"))) {
    return true;
  }
  if (name == "name" || name == "request_id" || absl::StartsWith(name, "asset_group") || IsBillText(field) ||
      name == "file_name" || name == "seconds" || name == "key" || name == "value") {
    return true;
  }
  return draw_.Chance(field.cpp_type() == Field::CPPTYPE_BOOL ? 0.15 : 0.25);
}

void MessageMaker::FillField(pb::Message& message, const Field& field, int depth) {
  if (field.is_repeated()) return FillRepeated(message, field, depth);
  SetOne(message, field, depth);
}

void MessageMaker::FillRepeated(pb::Message& message, const Field& field, int depth) {
  size_t count = 1 + draw_.Below(3);
  if (Odd()) count = draw_.Chance(0.1) ? 40 + draw_.Below(300) : draw_.Below(12);
  if (depth > 1) count = std::min<size_t>(count, 12);
  for (size_t i = 0; i < count; ++i) SetOne(message, field, depth);
}

void MessageMaker::SetOne(pb::Message& message, const Field& field, int depth) {
  const pb::Reflection& r = *message.GetReflection();
  const bool add = field.is_repeated();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_MESSAGE:
      if (depth >= kMaxDepth) return;
      return Fill(add ? *r.AddMessage(&message, &field) : *r.MutableMessage(&message, &field), depth + 1);
    case Field::CPPTYPE_STRING: {
      const std::string text = field.type() == Field::TYPE_BYTES ? Bytes(field) : Text(field);
      return add ? r.AddString(&message, &field, text) : r.SetString(&message, &field, text);
    }
    case Field::CPPTYPE_ENUM: {
      const int number = EnumNumber(field);
      return add ? r.AddEnumValue(&message, &field, number) : r.SetEnumValue(&message, &field, number);
    }
    case Field::CPPTYPE_BOOL: {
      const bool value = draw_.Chance(0.7);
      return add ? r.AddBool(&message, &field, value) : r.SetBool(&message, &field, value);
    }
    case Field::CPPTYPE_INT32: {
      const auto value = static_cast<int32_t>(Integer(field));
      return add ? r.AddInt32(&message, &field, value) : r.SetInt32(&message, &field, value);
    }
    case Field::CPPTYPE_INT64:
      return add ? r.AddInt64(&message, &field, Integer(field)) : r.SetInt64(&message, &field, Integer(field));
    case Field::CPPTYPE_UINT32: {
      const auto value = static_cast<uint32_t>(Integer(field));
      return add ? r.AddUInt32(&message, &field, value) : r.SetUInt32(&message, &field, value);
    }
    case Field::CPPTYPE_UINT64: {
      const auto value = static_cast<uint64_t>(Integer(field));
      return add ? r.AddUInt64(&message, &field, value) : r.SetUInt64(&message, &field, value);
    }
    case Field::CPPTYPE_DOUBLE:
      return add ? r.AddDouble(&message, &field, OddReal(draw_)) : r.SetDouble(&message, &field, OddReal(draw_));
    case Field::CPPTYPE_FLOAT: {
      const auto value = static_cast<float>(OddReal(draw_));
      return add ? r.AddFloat(&message, &field, value) : r.SetFloat(&message, &field, value);
    }
  }
}

std::string MessageMaker::Text(const Field& field) {
  if (!Odd()) return PlausibleText(field);
  std::optional<std::string> seen = seen_.For(field, draw_);
  if (!seen.has_value() || draw_.Chance(0.6)) return OddText(draw_);
  // A value of the server with one byte changed, cut, or with something behind it.
  const size_t at = draw_.Below(seen->size());
  switch (draw_.Below(3)) {
    case 0:
      (*seen)[at] = static_cast<char>((*seen)[at] ^ (1 << draw_.Below(8)));
      return *std::move(seen);
    case 1:
      return seen->substr(0, at);
    default:
      return absl::StrCat(*seen, OddText(draw_).substr(0, 64));
  }
}

std::string MessageMaker::PlausibleText(const Field& field) {
  const std::string& name = field.name();
  if (absl::EndsWith(name, "_token") && draw_.Chance(0.6)) return "";
  if (name == "request_id") return draw_.Chance(0.5) ? "" : "5c8e1f64-0b0f-4c6f-9a53-0d3b7f2f1a01";
  if (name == "uri" || absl::EndsWith(name, "_uri")) {
    return draw_.Chance(0.8) ? draw_.OneOf(MediaUris()) : "data:image/png;base64,iVBORw0KGgo=";
  }
  const TextList* known = KnownTexts(name);
  if (known != nullptr && draw_.Chance(0.8)) return draw_.OneOf(*known);
  std::optional<std::string> seen = seen_.For(field, draw_);
  if (seen.has_value()) return *std::move(seen);
  return known != nullptr ? draw_.OneOf(*known) : "";
}

std::string MessageMaker::Bytes(const Field&) {
  if (!Odd()) return draw_.OneOf(MediaFiles());
  switch (draw_.Below(4)) {
    case 0:
      return OddText(draw_);
    case 1:
      return draw_.OneOf(MediaFiles()).substr(0, draw_.Below(4000));
    case 2:
      return std::string((size_t{3} << 20) + draw_.Below(2), 'x');
    default:
      return draw_.Bytes(draw_.Below(2000));
  }
}

int64_t MessageMaker::Integer(const Field& field) {
  if (Odd()) return OddInteger(draw_);
  if (field.name() == "nanos") return 0;
  return static_cast<int64_t>(draw_.Below(12));
}

int MessageMaker::EnumNumber(const Field& field) {
  if (Odd()) return static_cast<int>(OddInteger(draw_));
  const pb::EnumDescriptor& type = *field.enum_type();
  return type.value(static_cast<int>(draw_.Below(static_cast<size_t>(type.value_count()))))->number();
}

void MessageMaker::BindBill(pb::Message& message) {
  const pb::Descriptor& type = *message.GetDescriptor();
  const Field* id_field = type.FindFieldByName("request_id");
  // Updates rename what exists, and are not billed.
  if (id_field == nullptr || absl::StartsWith(type.name(), "Update") || draw_.Chance(0.2)) return;
  const std::string id = request_ids_.Next(draw_);
  message.GetReflection()->SetString(&message, id_field, id);
  const std::string key = base::Sha256Hex(absl::StrCat(tenant_, "\n", type.full_name(), "\n", id));
  BindTexts(message, absl::StrCat(kBillTextPrefix, key.substr(0, kBillHashBytes)));
}

// `text`, and sometimes something behind it: the same request_id with another content.
void MessageMaker::BindTexts(pb::Message& message, const std::string& text) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const Field& field = *type.field(i);
    if (IsBillText(field)) {
      reflection.SetString(&message, &field, draw_.Chance(0.6) ? text : absl::StrCat(text, " ", draw_.Below(3)));
    } else if (field.cpp_type() == Field::CPPTYPE_MESSAGE && !field.is_repeated() &&
               reflection.HasField(message, &field)) {
      BindTexts(*reflection.MutableMessage(&message, &field), text);
    }
  }
}

bool KeepLocal(pb::Message& message) {
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const Field*> fields;
  reflection.ListFields(message, &fields);
  bool removed = false;
  for (const Field* field : fields) {
    if (field->cpp_type() == Field::CPPTYPE_MESSAGE && field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        removed |= KeepLocal(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      removed |= KeepLocal(*reflection.MutableMessage(&message, field));
    }
  }
  const Field* fetch = message.GetDescriptor()->FindFieldByName("validate_media");
  const Field* uri = message.GetDescriptor()->FindFieldByName("uri");
  if (fetch == nullptr || uri == nullptr || !reflection.GetBool(message, fetch)) return removed;
  const std::string& text = reflection.GetString(message, uri);
  if (text.empty() || std::count(MediaUris().begin(), MediaUris().end(), text) > 0) return removed;
  reflection.ClearField(&message, fetch);
  return true;
}

}  // namespace seedance::fuzz
