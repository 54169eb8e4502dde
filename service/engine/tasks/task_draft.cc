#include "service/engine/tasks/task_draft.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/utf8.h"
#include "service/model/cost.h"
#include "service/model/mentions.h"
#include "service/model/task_rules.h"

namespace seedance::engine {
namespace {

using model::ReferenceRole;
using Warnings = std::vector<std::string>;

constexpr size_t kMaxQuotedBytes = 128;

std::string PathOf(size_t index) { return absl::StrCat("generation_task.references[", index, "]"); }

// The model to take, by default or instead of one that does not take such references; null: there is no such model.
const model::ModelProfile* ChooseModel(const model::UpstreamProfile& profile, model::TaskRequest& request,
                                       Warnings& warnings) {
  const bool may_upgrade = request.model.empty() || request.allow_model_upgrade;
  if (request.model.empty()) request.model = profile.default_model;
  const model::ModelProfile* chosen = profile.FindModel(request.model);
  if (chosen == nullptr || !may_upgrade || model::TakesReferences(request, *chosen)) return chosen;
  const model::ModelProfile* other = profile.FindModel(chosen->asset_reference_model);
  if (other == nullptr || !model::TakesReferences(request, *other)) return chosen;
  warnings.push_back(absl::StrCat("model ", chosen->asset_reference_model, " is used instead of ", request.model,
                                  ", which accepts no assets as references"));
  request.model = chosen->asset_reference_model;
  return other;
}

base::FieldViolation UnknownModel(const std::string& upstream, const model::UpstreamProfile& profile,
                                  const std::string& name) {
  const std::string known =
      absl::StrJoin(profile.models, ", ", [](std::string* out, const auto& row) { out->append(row.name); });
  return {"generation_task.model", absl::StrCat("must be a model of upstream ", upstream, " (", known, "), is `",
                                                base::ToUtf8(name.substr(0, kMaxQuotedBytes)), "`")};
}

bool CanBeMentioned(ReferenceRole role) {
  return role == ReferenceRole::kReferenceImage || role == ReferenceRole::kReferenceVideo ||
         role == ReferenceRole::kReferenceAudio;
}

void WarnOfUnmentioned(const model::TaskRequest& request, const std::vector<bool>& mentioned, Warnings& warnings) {
  for (size_t i = 0; i < request.references.size(); ++i) {
    const model::Reference& reference = request.references[i];
    if (mentioned[i] || !CanBeMentioned(reference.role)) continue;
    warnings.push_back(absl::StrCat(PathOf(i), reference.label.empty() ? "" : absl::StrCat(" {", reference.label, "}"),
                                    " is not mentioned in the prompt"));
  }
}

// The vendor has one switch for all URLs of a task.
void WarnOfMixedEphemeral(const model::TaskRequest& request, Warnings& warnings) {
  std::vector<std::string> others;
  bool any = false;
  for (size_t i = 0; i < request.references.size(); ++i) {
    const model::Reference& reference = request.references[i];
    any = any || reference.ephemeral;
    if (!reference.ephemeral && !reference.asset.has_value()) others.push_back(PathOf(i));
  }
  if (!any || others.empty()) return;
  warnings.push_back(absl::StrCat(absl::StrJoin(others, ", "), others.size() == 1 ? " is" : " are",
                                  " imported as ephemeral too: the vendor has one switch for all URLs of a task"));
}

void AppendAll(std::vector<base::FieldViolation> more, std::vector<base::FieldViolation>& violations) {
  std::move(more.begin(), more.end(), std::back_inserter(violations));
}

}  // namespace

std::vector<base::FieldViolation> CompleteDraft(const std::string& upstream, const model::UpstreamProfile& profile,
                                                const std::vector<model::MediaInfo>& media, absl::Time now,
                                                model::GenerationTask& task) {
  model::TaskRequest& request = task.request;
  std::vector<base::FieldViolation> violations;
  const model::ModelProfile* row = ChooseModel(profile, request, task.warnings);
  if (row == nullptr) violations.push_back(UnknownModel(upstream, profile, request.model));
  model::RenderedPrompt prompt = model::RenderPrompt(request.prompt, request.references, profile.notation);
  request.sent_prompt = std::move(prompt.text);
  for (std::string& fault : prompt.faults) violations.push_back({"generation_task.prompt", std::move(fault)});
  if (row != nullptr) AppendAll(model::CheckTask(request, *row, media), violations);
  if (!violations.empty()) return violations;
  for (std::string& warning : model::WarningsOf(request, *row, now)) task.warnings.push_back(std::move(warning));
  WarnOfMixedEphemeral(request, task.warnings);
  WarnOfUnmentioned(request, prompt.mentioned, task.warnings);
  std::move(prompt.warnings.begin(), prompt.warnings.end(), std::back_inserter(task.warnings));
  task.estimated_cost = model::EstimateCost(request, *row);
  const model::CostRange range = model::EstimateCostRange(request, *row);
  task.estimated_cost_least = range.least;
  task.estimated_cost_most = range.most;
  model::SortReferences(request.references);
  return {};
}

}  // namespace seedance::engine
