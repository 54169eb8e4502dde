#include "service/engine/tasks/task_fingerprint.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"
#include "service/model/names.h"

namespace seedance::engine {
namespace {

template <typename T>
std::string TextOf(const std::optional<T>& value) {
  return value.has_value() ? absl::StrCat(*value) : "";
}

std::string FieldAt(size_t index) { return absl::StrCat("generation_task.references[", index, "]"); }

std::string ReferenceText(const model::Reference& reference, model::ReferenceRole role) {
  const std::string source = reference.asset.has_value() ? model::AssetName(*reference.asset) : reference.uri;
  return base::Sha256Hex(
      absl::StrCat(reference.label, "|", static_cast<int>(role), reference.ephemeral ? "e" : "", "|", source));
}

// A field that a request leaves out means `otherwise`, and the other way round.
void AddDefault(const std::string& field, const std::string& otherwise, model::Fingerprint& fingerprint) {
  const std::string value = model::FieldOf(fingerprint, field);
  if (value.empty()) return model::AddSame(field, otherwise, fingerprint);
  if (value == otherwise) model::AddSame(field, "", fingerprint);
}

// The role that a reference without one came to; kUnspecified: it cannot be told.
model::ReferenceRole RoleOf(const model::Reference& reference, const model::TaskRequest& chosen) {
  for (const model::Reference& other : chosen.references) {
    if (other.label == reference.label && other.asset == reference.asset && other.uri == reference.uri) {
      return other.role;
    }
  }
  return model::ReferenceRole::kUnspecified;
}

}  // namespace

model::Fingerprint FingerprintOf(const model::TaskRequest& request) {
  model::Fingerprint print = {
      {"generation_task.upstream", request.upstream},
      {"generation_task.model", request.model},
      {"generation_task.prompt", base::Sha256Hex(request.prompt)},
      {"generation_task.resolution", std::string(model::ResolutionName(request.resolution))},
      {"generation_task.aspect_ratio", request.aspect_ratio},
      {"generation_task.duration", TextOf(request.duration_seconds)},
      {"generation_task.seed", TextOf(request.seed)},
      {"generation_task.generate_audio", TextOf(request.generate_audio)},
      {"generation_task.watermark", TextOf(request.watermark)},
      {"generation_task.return_last_frame", absl::StrCat(request.return_last_frame)},
      {"generation_task.web_search", absl::StrCat(request.web_search)},
  };
  for (size_t i = 0; i < request.references.size(); ++i) {
    const model::Reference& reference = request.references[i];
    print.emplace_back(FieldAt(i), ReferenceText(reference, reference.role));
  }
  for (const auto& [key, value] : request.labels) {
    print.push_back({absl::StrCat("generation_task.labels[", key, "]"), value});
  }
  // Fields that came later stand only where they are used, so that the journal's older rows compare equal.
  if (request.ephemeral_hours.has_value()) {
    print.push_back({"generation_task.ephemeral_retention", TextOf(request.ephemeral_hours)});
  }
  for (const auto& [field, set] : {std::pair("wait_for_assets", request.wait_for_assets),
                                   std::pair("allow_model_upgrade", request.allow_model_upgrade),
                                   std::pair("recreate_expired_assets", request.recreate_expired_assets)}) {
    if (set) print.push_back({field, "1"});
  }
  return print;
}

void AddChoices(const model::GenerationTask& task, model::Fingerprint& fingerprint) {
  for (const auto& [field, chosen] : {std::pair("generation_task.upstream", task.request.upstream),
                                      std::pair("generation_task.model", task.request.model)}) {
    if (model::FieldOf(fingerprint, field).empty()) model::AddSame(field, chosen, fingerprint);
  }
}

void AddModelDefaults(const model::UpstreamProfile& profile, const model::TaskRequest& asked,
                      const model::TaskRequest& chosen, model::Fingerprint& fingerprint) {
  if (asked.model == chosen.model) AddDefault("generation_task.model", profile.default_model, fingerprint);
  AddDefault("generation_task.seed", absl::StrCat(model::kRandomSeed), fingerprint);
  const model::ModelProfile* row = profile.FindModel(chosen.model);
  if (row == nullptr) return;
  if (!row->resolution_required) {
    AddDefault("generation_task.resolution", std::string(model::ResolutionName(row->default_resolution)), fingerprint);
  }
  AddDefault("generation_task.duration", absl::StrCat(row->default_duration_seconds), fingerprint);
  if (row->audio_track) {
    AddDefault("generation_task.generate_audio", absl::StrCat(row->default_generate_audio), fingerprint);
  }
  for (size_t i = 0; i < asked.references.size(); ++i) {
    const model::Reference& reference = asked.references[i];
    if (reference.role != model::ReferenceRole::kUnspecified) continue;
    const model::ReferenceRole role = RoleOf(reference, chosen);
    if (role != reference.role) model::AddSame(FieldAt(i), ReferenceText(reference, role), fingerprint);
  }
}

}  // namespace seedance::engine
