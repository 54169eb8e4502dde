#include "client/cpp/ctl/view.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/names.h"
#include "client/cpp/ctl/table.h"
#include "client/cpp/ctl/text_width.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::Asset;
using gateway::v1::AssetGroup;
using gateway::v1::ErrorReason;
using gateway::v1::GenerationTask;
using Fields = std::vector<std::pair<std::string, Cell>>;

std::string When(std::optional<absl::Time> time, const View& view) {
  if (!time.has_value()) return "";
  return view.human ? FormatRelative(*time, view.now) : FormatAbsolute(*time);
}

// `error`, in the colour of failure, of a task or an asset.
template <typename Error>
Cell ErrorCell(bool set, const Error& error) {
  if (!set) return Cell();
  std::string text = ReasonWord(error.reason());
  if (!error.upstream_code().empty()) absl::StrAppend(&text, " (", OneLine(error.upstream_code()), ")");
  if (!error.message().empty()) absl::StrAppend(&text, ": ", OneLine(error.message()));
  return Cell(text, Tone::kBad);
}

Cell StateCell(GenerationTask::State state) {
  switch (state) {
    case GenerationTask::STATE_SUCCEEDED:
      return Cell(StateWord(state), Tone::kGood);
    case GenerationTask::STATE_FAILED:
    case GenerationTask::STATE_EXPIRED:
    case GenerationTask::STATE_LOST:
    case GenerationTask::STATE_SUBMIT_UNKNOWN:
      return Cell(StateWord(state), Tone::kBad);
    case GenerationTask::STATE_CANCELLED:
      return Cell(StateWord(state), Tone::kFaint);
    default:
      return Cell(StateWord(state), Tone::kBusy);
  }
}

Cell StateCell(Asset::State state) {
  const Tone tone = state == Asset::STATE_ACTIVE       ? Tone::kGood
                    : state == Asset::STATE_PROCESSING ? Tone::kBusy
                                                       : Tone::kBad;
  return Cell(StateWord(state), tone);
}

std::string TypeWord(gateway::v1::MediaType type) {
  return type == gateway::v1::MEDIA_TYPE_UNSPECIFIED ? "" : EnumWord(gateway::v1::MediaType_Name(type), "MEDIA_TYPE_");
}

std::string TypeWord(gateway::v1::GroupType type) {
  return type == gateway::v1::GROUP_TYPE_UNSPECIFIED ? "" : EnumWord(gateway::v1::GroupType_Name(type), "GROUP_TYPE_");
}

// `png, 1920x1080, 5s, 24 fps, 3.1 MB`.
std::string MediaText(const Asset::MediaInfo& media) {
  std::vector<std::string> parts;
  if (!media.container().empty()) parts.push_back(OneLine(media.container()));
  if (media.width() > 0) parts.push_back(absl::StrCat(media.width(), "x", media.height()));
  if (media.has_duration()) parts.push_back(FormatSpan(ToDuration(media.duration())));
  if (media.frame_rate() > 0) parts.push_back(absl::StrFormat("%g fps", media.frame_rate()));
  if (media.size_bytes() > 0) parts.push_back(FormatBytes(media.size_bytes()));
  std::string text;
  for (const std::string& part : parts) absl::StrAppend(&text, text.empty() ? "" : ", ", part);
  return text;
}

std::string ReferenceText(const gateway::v1::Reference& reference) {
  std::string text = OneLine(reference.has_asset() ? reference.asset() : reference.uri());
  if (reference.role() != gateway::v1::REFERENCE_ROLE_UNSPECIFIED) {
    absl::StrAppend(&text, ",role=", EnumWord(gateway::v1::ReferenceRole_Name(reference.role()), "REFERENCE_ROLE_"));
  }
  if (!reference.label().empty()) absl::StrAppend(&text, ",label=", OneLine(reference.label()));
  if (reference.ephemeral()) absl::StrAppend(&text, ",ephemeral");
  return text;
}

// What was asked for.
void AddWish(const GenerationTask& task, Fields& fields) {
  fields.emplace_back("prompt", OneLine(task.prompt()));
  if (task.normalized_prompt() != task.prompt()) fields.emplace_back("as sent", OneLine(task.normalized_prompt()));
  for (const auto& reference : task.references()) fields.emplace_back("reference", ReferenceText(reference));
  if (task.resolution() != gateway::v1::RESOLUTION_UNSPECIFIED) {
    fields.emplace_back("resolution", EnumWord(gateway::v1::Resolution_Name(task.resolution()), "RESOLUTION_"));
  }
  fields.emplace_back("ratio", OneLine(task.aspect_ratio()));
  if (task.has_duration()) fields.emplace_back("duration", absl::StrCat(task.duration().seconds(), "s"));
  if (task.has_seed()) fields.emplace_back("seed", absl::StrCat(task.seed()));
  if (task.has_generate_audio()) fields.emplace_back("audio", task.generate_audio() ? "yes" : "no");
  if (task.has_watermark()) fields.emplace_back("watermark", task.watermark() ? "yes" : "no");
  for (const auto& [key, value] : task.labels()) fields.emplace_back("label", OneLine(key + "=" + value));
}

// `0.35 USD`.
std::string MoneyText(const gateway::v1::Money& money) {
  return absl::StrFormat("%g %s", static_cast<double>(money.units()) + money.nanos() / 1e9,
                         OneLine(money.currency_code()));
}

// Of the answer to a validation.
template <typename Resource>
std::string CostText(const Resource& resource) {
  if (resource.has_estimated_cost()) return "about " + MoneyText(resource.estimated_cost());
  return resource.billing_model().empty() ? "" : "unknown: the price table has no such row";
}

void AddResult(const GenerationTask& task, const View& view, Fields& fields) {
  if (!task.has_result()) return;
  const GenerationTask::Result& result = task.result();
  fields.emplace_back("video", OneLine(result.video_uri()));
  fields.emplace_back("last frame", OneLine(result.last_frame_uri()));
  fields.emplace_back("links die", When(ToTime(result.has_expire_time(), result.expire_time()), view));
  if (result.size_bytes() > 0) fields.emplace_back("size", FormatBytes(result.size_bytes()));
  fields.emplace_back("sha256", result.sha256());
  if (result.has_usage()) fields.emplace_back("tokens", absl::StrCat(result.usage().total_tokens()));
}

}  // namespace

std::string StateWord(GenerationTask::State state) { return EnumWord(GenerationTask::State_Name(state), "STATE_"); }

std::string StateWord(Asset::State state) { return EnumWord(Asset::State_Name(state), "STATE_"); }

std::string ReasonWord(ErrorReason reason) {
  const std::string name = gateway::v1::ErrorReason_Name(reason);
  constexpr std::string_view kPrefix = "ERROR_REASON_";
  return reason != 0 && name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "";
}

std::string ProgressWord(const GenerationTask& task) {
  if (task.progress_source() == gateway::v1::PROGRESS_SOURCE_UNSPECIFIED) return "";
  const bool estimated = task.progress_source() == gateway::v1::PROGRESS_SOURCE_ESTIMATED;
  return absl::StrCat(estimated ? "~" : "", task.progress_percent(), "%");
}

std::string RenderGroups(const std::vector<AssetGroup>& groups, const View& view) {
  std::vector<std::vector<Cell>> rows;
  for (const AssetGroup& group : groups) {
    rows.push_back({OneLine(ShortName(group.name())), OneLine(group.display_name()), OneLine(group.upstream()),
                    When(ToTime(group.has_create_time(), group.create_time()), view), OneLine(group.description())});
  }
  return RenderTable({{"NAME"}, {"DISPLAY NAME", true}, {"UPSTREAM"}, {"CREATED"}, {"DESCRIPTION", true}}, rows,
                     view.width, view.color);
}

std::string RenderGroup(const AssetGroup& group, const View& view) {
  return RenderFields({{"name", group.name()},
                       {"display name", OneLine(group.display_name())},
                       {"description", OneLine(group.description())},
                       {"upstream", group.upstream()},
                       {"type", TypeWord(group.group_type())},
                       {"billed as", OneLine(group.billing_model())},
                       {"will cost", CostText(group)},
                       {"created", When(ToTime(group.has_create_time(), group.create_time()), view)},
                       {"updated", When(ToTime(group.has_update_time(), group.update_time()), view)}},
                      view.color);
}

std::string RenderAssets(const std::vector<Asset>& assets, const View& view) {
  std::vector<std::vector<Cell>> rows;
  for (const Asset& asset : assets) {
    const int64_t size = asset.media_info().size_bytes();
    rows.push_back({OneLine(ShortName(asset.name())), StateCell(asset.state()), TypeWord(asset.media_type()),
                    size > 0 ? FormatBytes(size) : "", When(ToTime(asset.has_create_time(), asset.create_time()), view),
                    OneLine(ShortName(asset.asset_group())), OneLine(asset.display_name())});
  }
  return RenderTable(
      {{"NAME"}, {"STATE"}, {"TYPE"}, {"SIZE", false, true}, {"CREATED"}, {"GROUP", true}, {"DISPLAY NAME", true}},
      rows, view.width, view.color);
}

std::string RenderAsset(const Asset& asset, const View& view) {
  return RenderFields({{"name", asset.name()},
                       {"display name", OneLine(asset.display_name())},
                       {"group", asset.asset_group()},
                       {"upstream", asset.upstream()},
                       {"type", TypeWord(asset.media_type())},
                       {"state", StateCell(asset.state())},
                       {"error", ErrorCell(asset.has_error(), asset.error())},
                       {"media", MediaText(asset.media_info())},
                       {"sha256", asset.media_info().sha256()},
                       {"preview", OneLine(asset.preview_uri())},
                       {"rights", OneLine(asset.rights_note())},
                       {"billed as", OneLine(asset.billing_model())},
                       {"will cost", CostText(asset)},
                       {"created", When(ToTime(asset.has_create_time(), asset.create_time()), view)},
                       {"updated", When(ToTime(asset.has_update_time(), asset.update_time()), view)},
                       {"last use", When(ToTime(asset.has_last_use_time(), asset.last_use_time()), view)},
                       {"expires", When(ToTime(asset.has_expire_time(), asset.expire_time()), view)}},
                      view.color);
}

std::string RenderLibrary(const gateway::v1::LibraryUsage& usage, const View& view) {
  const int64_t taken = usage.used_places() + usage.reserved_places();
  const bool limited = usage.max_assets() > 0;
  Fields fields = {
      {"upstream", OneLine(usage.upstream())},
      {"used", Cell(absl::StrCat(taken, limited ? absl::StrCat(" of ", usage.max_assets()) : "", " places"),
                    usage.nearly_full() ? Tone::kBad : Tone::kPlain)},
      {"reserved", usage.reserved_places() == 0 ? "" : absl::StrCat(usage.reserved_places(), " of them by creations")},
      {"own", absl::StrCat(usage.own_assets(), " assets")},
      {"kept", usage.has_idle_ttl() ? FormatSpan(ToDuration(usage.idle_ttl())) + " unused" : "for ever"}};
  const auto add = [&](const char* name, const auto& assets, const auto& when) {
    for (const Asset& asset : assets) {
      fields.emplace_back(name,
                          absl::StrCat(OneLine(asset.name()), "  ", when(asset), "  ", OneLine(asset.display_name())));
    }
  };
  const auto last_use = [&](const Asset& asset) {
    return When(ToTime(asset.has_last_use_time(), asset.last_use_time()), view);
  };
  add("lapses", usage.lapse_next(),
      [&](const Asset& asset) { return When(ToTime(asset.has_expire_time(), asset.expire_time()), view); });
  add("used last", usage.used_last(), last_use);
  add("used once", usage.used_once(), last_use);
  for (const std::string& warning : usage.warnings()) {
    fields.emplace_back("warning", Cell(OneLine(warning), Tone::kBusy));
  }
  return RenderFields(fields, view.color);
}

std::string RenderTasks(const std::vector<GenerationTask>& tasks, const View& view) {
  std::vector<std::vector<Cell>> rows;
  for (const GenerationTask& task : tasks) {
    rows.push_back({OneLine(ShortName(task.name())), StateCell(task.state()), ProgressWord(task),
                    When(ToTime(task.has_create_time(), task.create_time()), view), OneLine(task.model()),
                    OneLine(task.prompt())});
  }
  return RenderTable({{"NAME"}, {"STATE"}, {"DONE", false, true}, {"CREATED"}, {"MODEL"}, {"PROMPT", true}}, rows,
                     view.width, view.color);
}

std::string RenderModels(const std::vector<gateway::v1::Model>& models, const View& view) {
  std::vector<std::vector<Cell>> rows;
  for (const gateway::v1::Model& model : models) {
    std::vector<std::string> resolutions;
    for (int i = 0; i < model.resolutions_size(); ++i) {
      resolutions.push_back(EnumWord(gateway::v1::Resolution_Name(model.resolutions(i)), "RESOLUTION_"));
    }
    const std::string retires = model.has_retire_time() ? FormatAbsolute(*ToTime(true, model.retire_time())) : "";
    rows.push_back({OneLine(model.upstream()), OneLine(model.model()),
                    absl::StrCat(model.min_duration_seconds(), "-", model.max_duration_seconds(), " s"),
                    absl::StrJoin(resolutions, " "),
                    absl::StrCat(model.max_images(), "/", model.max_videos(), "/", model.max_audios()),
                    Cell(retires.substr(0, retires.find('T')), Tone::kFaint)});
  }
  return RenderTable({{"UPSTREAM"}, {"MODEL"}, {"LENGTH"}, {"RESOLUTIONS", true}, {"REFERENCES"}, {"RETIRES"}}, rows,
                     view.width, view.color);
}

std::string RenderTaskLine(const GenerationTask& task, const View& view) {
  constexpr int kLongestState = 14;  // `submit unknown`.
  const Cell state = StateCell(task.state());
  std::string line = absl::StrCat(OneLine(task.name()), "  ");
  absl::StrAppend(&line, Paint(PadRight(state.text, kLongestState), state.tone, view.color), "  ",
                  PadLeft(ProgressWord(task), 4));
  const Cell error = ErrorCell(task.has_error(), task.error());
  const std::string note = error.text.empty() ? OneLine(task.state_message()) : error.text;
  if (!note.empty()) absl::StrAppend(&line, "  ", Paint(note, error.tone, view.color));
  while (line.back() == ' ') line.pop_back();
  return line + "\n";
}

std::string RenderTask(const GenerationTask& task, const View& view) {
  Fields fields = {{"name", task.name()},
                   {"state", StateCell(task.state())},
                   {"error", ErrorCell(task.has_error(), task.error())},
                   {"given up", task.detached() ? "yes; the vendor goes on and bills it" : ""},
                   {"progress", ProgressWord(task)},
                   {"waits for", OneLine(task.state_message())},
                   {"upstream", task.upstream()},
                   {"upstream task", OneLine(task.upstream_task_id())},
                   {"model", OneLine(task.model())}};
  AddWish(task, fields);
  if (task.has_settled_cost()) fields.emplace_back("billed", MoneyText(task.settled_cost()));
  if (task.has_estimated_cost()) fields.emplace_back("will cost", "about " + MoneyText(task.estimated_cost()));
  if (task.has_estimated_cost_least() && task.has_estimated_cost_most()) {
    fields.emplace_back("will cost",
                        absl::StrCat("about ", MoneyText(task.estimated_cost_least()), " to ",
                                     MoneyText(task.estimated_cost_most()), " (the vendor chooses the duration)"));
  }
  for (const std::string& warning : task.warnings())
    fields.emplace_back("warning", Cell(OneLine(warning), Tone::kBusy));
  AddResult(task, view, fields);
  fields.emplace_back("created", When(ToTime(task.has_create_time(), task.create_time()), view));
  fields.emplace_back("submitted", When(ToTime(task.has_submit_time(), task.submit_time()), view));
  fields.emplace_back("started", When(ToTime(task.has_start_time(), task.start_time()), view));
  fields.emplace_back("ended", When(ToTime(task.has_end_time(), task.end_time()), view));
  if (!task.has_end_time()) {
    fields.emplace_back("gives up", When(ToTime(task.has_deadline_time(), task.deadline_time()), view));
  }
  return RenderFields(fields, view.color);
}

}  // namespace seedance::client::ctl
