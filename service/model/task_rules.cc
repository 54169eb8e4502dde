#include "service/model/task_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/utf8.h"
#include "service/model/media_rules.h"

namespace seedance::model {
namespace {

constexpr char kAdaptive[] = "adaptive";

size_t CountRole(const TaskRequest& request, ReferenceRole role) {
  return static_cast<size_t>(std::count_if(request.references.begin(), request.references.end(),
                                           [role](const Reference& reference) { return reference.role == role; }));
}

bool HasAssets(const TaskRequest& request) {
  return std::any_of(request.references.begin(), request.references.end(),
                     [](const Reference& reference) { return reference.asset.has_value(); });
}

bool HasEphemeral(const TaskRequest& request) {
  return std::any_of(request.references.begin(), request.references.end(),
                     [](const Reference& reference) { return reference.ephemeral; });
}

std::string ReferencePath(size_t index) { return absl::StrCat("references[", index, "]"); }

// Advice for a caller whose references the model does not accept.
std::string OtherModel(const ModelProfile& profile) {
  if (profile.asset_reference_model.empty()) return "";
  return absl::StrCat("; ", profile.asset_reference_model, " accepts them, and allow_model_upgrade selects it");
}

// Collects violations under the request's path.
class TaskReport {
 public:
  void Add(const std::string& field, const std::string& rule) {
    violations_.push_back({absl::StrCat("generation_task.", field), rule});
  }
  std::vector<base::FieldViolation> Take() { return std::move(violations_); }

 private:
  std::vector<base::FieldViolation> violations_;
};

void CheckPrompt(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  if (!request.sent_prompt.empty() && base::IsBlank(request.sent_prompt)) {
    return report.Add("prompt", "must not be blank; omit it if references alone describe the video");
  }
  const size_t characters = base::CountCharacters(request.sent_prompt);
  if (characters > profile.max_prompt_characters) {
    report.Add("prompt", absl::StrCat("must have at most ", profile.max_prompt_characters, " characters as sent, has ",
                                      characters));
  }
  const bool shows = std::any_of(request.references.begin(), request.references.end(), [](const Reference& reference) {
    return MediaTypeOf(reference.role) != MediaType::kAudio;
  });
  if (request.sent_prompt.empty() && !shows) report.Add("prompt", "is required without a reference image or video");
}

void CheckResolution(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  if (request.resolution == Resolution::kUnspecified && profile.resolution_required) {
    report.Add("resolution", absl::StrCat("is required for model ", request.model));
  }
  if (request.resolution == Resolution::kUnspecified || profile.resolutions.count(request.resolution) != 0) return;
  const std::string known = absl::StrJoin(profile.resolutions, ", ", [](std::string* out, Resolution resolution) {
    out->append(ResolutionName(resolution));
  });
  report.Add("resolution", absl::StrCat("must be one of ", known, " for model ", request.model, ", is ",
                                        std::string(ResolutionName(request.resolution))));
}

void CheckShape(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  if (!request.aspect_ratio.empty() && profile.aspect_ratios.count(request.aspect_ratio) == 0) {
    report.Add("aspect_ratio", absl::StrCat("must be one of ", absl::StrJoin(profile.aspect_ratios, ", "), ", is `",
                                            base::ToUtf8(request.aspect_ratio.substr(0, 32)), "`"));
  } else if (request.aspect_ratio == kAdaptive && profile.adaptive_only_with_frames &&
             CountRole(request, ReferenceRole::kFirstFrame) == 0) {
    report.Add("aspect_ratio", absl::StrCat("may be adaptive only with a FIRST_FRAME for model ", request.model));
  } else if (!request.aspect_ratio.empty() && request.aspect_ratio != kAdaptive && profile.frames_only_adaptive &&
             CountRole(request, ReferenceRole::kFirstFrame) > 0) {
    report.Add("aspect_ratio", absl::StrCat("must be adaptive, or omitted, with a FIRST_FRAME for model ",
                                            request.model, ", is `", request.aspect_ratio, "`"));
  }
  if (!request.duration_seconds.has_value()) return;
  const int seconds = *request.duration_seconds;
  const bool automatic = seconds == -1 && profile.automatic_duration;
  if (!automatic && (seconds < profile.min_duration_seconds || seconds > profile.max_duration_seconds)) {
    report.Add("duration", absl::StrCat("must be ", profile.min_duration_seconds, " to ", profile.max_duration_seconds,
                                        " s for model ", request.model, ", is ", seconds, " s"));
  }
}

void CheckExtras(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  const std::string unsupported = absl::StrCat("is not supported by model ", request.model);
  if (request.seed.has_value() && (*request.seed < kRandomSeed || *request.seed > 4294967295)) {
    report.Add("seed", absl::StrCat("must be -1 to 4294967295, is ", *request.seed));
  } else if (!profile.seed && request.seed.value_or(kRandomSeed) != kRandomSeed) {
    report.Add("seed", unsupported);
  }
  if (!profile.watermark && request.watermark.value_or(false)) report.Add("watermark", unsupported);
  if (!profile.last_frame && request.return_last_frame) report.Add("return_last_frame", unsupported);
  if (request.web_search && !profile.web_search) {
    report.Add("web_search", unsupported);
  } else if (request.web_search && !request.references.empty()) {
    report.Add("web_search", "is only for tasks without references");
  }
}

void CheckCount(const TaskRequest& request, MediaType type, const char* what, size_t most, TaskReport& report) {
  size_t count = 0;
  for (size_t i = 0; i < request.references.size(); ++i) {
    if (MediaTypeOf(request.references[i].role) != type || ++count != most + 1) continue;
    report.Add(ReferencePath(i), absl::StrCat("is ", what, " number ", count, "; at most ", most, " are allowed"));
  }
}

void CheckCounts(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  CheckCount(request, MediaType::kImage, "image", profile.max_images, report);
  CheckCount(request, MediaType::kVideo, "video", profile.max_videos, report);
  CheckCount(request, MediaType::kAudio, "audio", profile.max_audios, report);
  if (profile.max_references > 0 && request.references.size() > profile.max_references) {
    report.Add(ReferencePath(profile.max_references),
               absl::StrCat("is reference number ", profile.max_references + 1, "; at most ", profile.max_references,
                            " of all kinds together are allowed"));
  }
}

void CheckFrames(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  const size_t first = CountRole(request, ReferenceRole::kFirstFrame);
  const size_t last = CountRole(request, ReferenceRole::kLastFrame);
  if (first > 1) report.Add("references", absl::StrCat("must have at most 1 FIRST_FRAME, have ", first));
  if (last > 1) report.Add("references", absl::StrCat("must have at most 1 LAST_FRAME, have ", last));
  if (last > 0 && first == 0) report.Add("references", "have a LAST_FRAME without a FIRST_FRAME");
  if (first + last == 0 || profile.frames_with_references) return;
  for (size_t i = 0; i < request.references.size(); ++i) {
    const ReferenceRole role = request.references[i].role;
    if (role == ReferenceRole::kFirstFrame || role == ReferenceRole::kLastFrame ||
        role == ReferenceRole::kUnspecified) {
      continue;
    }
    report.Add(ReferencePath(i) + ".role",
               "must be FIRST_FRAME or LAST_FRAME: frames and other references cannot be combined");
  }
}

void CheckSources(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  for (size_t i = 0; i < request.references.size(); ++i) {
    const Reference& reference = request.references[i];
    if (reference.role == ReferenceRole::kUnspecified && !reference.asset.has_value()) {
      report.Add(ReferencePath(i) + ".role", "is required for a URL");
    }
    if (!reference.ephemeral) continue;
    if (reference.asset.has_value()) {
      report.Add(ReferencePath(i) + ".ephemeral", "is only for a URL");
    } else if (!profile.ephemeral_references) {
      report.Add(ReferencePath(i) + ".ephemeral",
                 absl::StrCat("is not supported by model ", request.model, OtherModel(profile)));
    }
  }
}

void CheckRetention(const TaskRequest& request, const ModelProfile& profile, TaskReport& report) {
  if (!request.ephemeral_hours.has_value()) return;
  if (!HasEphemeral(request))
    return report.Add("ephemeral_retention", "is only for a task with an ephemeral reference");
  const int hours = *request.ephemeral_hours;
  if (profile.ephemeral_references && (hours < profile.min_ephemeral_hours || hours > profile.max_ephemeral_hours)) {
    report.Add("ephemeral_retention", absl::StrCat("must be ", profile.min_ephemeral_hours, " to ",
                                                   profile.max_ephemeral_hours, " h, is ", hours, " h"));
  }
}

// Maximum duration of one reference of a kind, and of all of them.
struct PlayTime {
  MediaType type;
  const char* what;
  absl::Duration each;
  absl::Duration total;
};

bool Exceeds(absl::Duration duration, absl::Duration most) {
  return most > absl::ZeroDuration() && duration > most + kDurationSlack;
}

void CheckPlayTime(const TaskRequest& request, const std::vector<MediaInfo>& media, const PlayTime& limit,
                   TaskReport& report) {
  absl::Duration total;
  bool told = false;
  for (size_t i = 0; i < std::min(media.size(), request.references.size()); ++i) {
    const absl::Duration duration = media[i].duration;
    if (MediaTypeOf(request.references[i].role) != limit.type || duration <= absl::ZeroDuration()) continue;
    total += duration;
    if (Exceeds(duration, limit.each)) {
      report.Add(ReferencePath(i), absl::StrCat("is a ", limit.what, " of ", absl::FormatDuration(duration),
                                                "; at most ", absl::FormatDuration(limit.each), " are allowed"));
    } else if (!told && Exceeds(total, limit.total)) {
      told = true;
      report.Add(ReferencePath(i),
                 absl::StrCat("brings the duration of all reference ", limit.what, "s to ", absl::FormatDuration(total),
                              "; at most ", absl::FormatDuration(limit.total), " are allowed"));
    }
  }
}

void CheckVideos(const TaskRequest& request, const std::vector<MediaInfo>& media, const ModelProfile& profile,
                 TaskReport& report) {
  for (size_t i = 0; i < std::min(media.size(), request.references.size()); ++i) {
    if (MediaTypeOf(request.references[i].role) != MediaType::kVideo) continue;
    for (const base::FieldViolation& each : CheckMedia(ReferencePath(i), media[i], profile.reference_video)) {
      report.Add(each.field, absl::StrCat("for model ", request.model, " ", each.description));
    }
  }
}

void CheckReferences(const TaskRequest& request, const ModelProfile& profile, const std::vector<MediaInfo>& media,
                     TaskReport& report) {
  CheckSources(request, profile, report);
  CheckCounts(request, profile, report);
  CheckFrames(request, profile, report);
  const bool all_audio =
      !request.references.empty() && CountRole(request, ReferenceRole::kReferenceAudio) == request.references.size();
  if (all_audio && !profile.audio_alone) {
    report.Add("references", "contain only audio; add an image or a video");
  }
  CheckPlayTime(request, media,
                {MediaType::kVideo, "video", profile.max_video_duration, profile.max_total_video_duration}, report);
  CheckPlayTime(request, media,
                {MediaType::kAudio, "audio", profile.max_audio_duration, profile.max_total_audio_duration}, report);
  CheckVideos(request, media, profile, report);
  CheckRetention(request, profile, report);
}

// Warns of ratios and durations that the vendor accepts at first and may fail later.
void WarnOfFixedShape(const TaskRequest& request, const ModelProfile& profile, std::vector<std::string>& warnings) {
  const bool fixed = !request.aspect_ratio.empty() && request.aspect_ratio != kAdaptive;
  const std::string advice = profile.adaptive_only_with_frames ? "omit aspect_ratio" : "set aspect_ratio to adaptive";
  const auto is_reference = [](const Reference& reference) {
    return reference.role == ReferenceRole::kReferenceImage || MediaTypeOf(reference.role) != MediaType::kImage;
  };
  if (profile.references_want_adaptive &&
      std::any_of(request.references.begin(), request.references.end(), is_reference)) {
    std::vector<std::string> advices;
    if (fixed) advices.push_back(advice);
    if (profile.automatic_duration && request.duration_seconds != -1) advices.push_back("set duration to -1s");
    if (advices.empty()) return;
    warnings.push_back(absl::StrCat("model ", request.model,
                                    " may fail a task with references and a fixed aspect ratio or duration; ",
                                    absl::StrJoin(advices, " and ")));
  } else if (fixed && profile.frames_only_adaptive && CountRole(request, ReferenceRole::kReferenceVideo) > 0) {
    warnings.push_back(absl::StrCat("model ", request.model,
                                    " may treat a prompt with a reference video as an edit or an extension, which "
                                    "requires aspect_ratio adaptive, and then fail the task; ",
                                    advice));
  }
}

}  // namespace

MediaType MediaTypeOf(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::kReferenceVideo:
      return MediaType::kVideo;
    case ReferenceRole::kReferenceAudio:
      return MediaType::kAudio;
    default:
      return MediaType::kImage;
  }
}

bool TakesReferences(const TaskRequest& request, const ModelProfile& profile) {
  return (profile.asset_references || !HasAssets(request)) && (profile.ephemeral_references || !HasEphemeral(request));
}

std::vector<base::FieldViolation> CheckTask(const TaskRequest& request, const ModelProfile& profile,
                                            const std::vector<MediaInfo>& media) {
  TaskReport report;
  if (!profile.asset_references && HasAssets(request)) {
    report.Add("model", absl::StrCat("must be a model that accepts assets, is ", request.model, OtherModel(profile)));
  }
  CheckPrompt(request, profile, report);
  CheckReferences(request, profile, media, report);
  CheckResolution(request, profile, report);
  CheckShape(request, profile, report);
  CheckExtras(request, profile, report);
  return report.Take();
}

std::vector<std::string> WarningsOf(const TaskRequest& request, const ModelProfile& profile, absl::Time now) {
  std::vector<std::string> warnings;
  if (profile.retire_time - now <= kRetirementNotice) {
    const std::string date = absl::FormatTime("%Y-%m-%d", profile.retire_time, absl::UTCTimeZone());
    // The vendor may retire the model on another day than its maker.
    warnings.push_back(absl::StrCat("the maker of model ", request.model, " has announced its retirement for ", date,
                                    now < profile.retire_time ? " (UTC); the vendor may refuse it from then on"
                                                              : " (UTC); the vendor may refuse it"));
  }
  WarnOfFixedShape(request, profile, warnings);
  return warnings;
}

std::string SentAspectRatio(const TaskRequest& request, const ModelProfile& profile) {
  const bool frames = CountRole(request, ReferenceRole::kFirstFrame) > 0;
  return request.aspect_ratio.empty() && frames && profile.frames_only_adaptive ? kAdaptive : request.aspect_ratio;
}

void SortReferences(std::vector<Reference>& references) {
  // MediaType's numbers are in the vendors' order. A last frame goes after its first frame, whichever came first in the
  // request: some vendors recognize them by position only.
  std::stable_sort(references.begin(), references.end(), [](const Reference& left, const Reference& right) {
    const auto place = [](const Reference& reference) {
      return std::pair(MediaTypeOf(reference.role), reference.role == ReferenceRole::kLastFrame);
    };
    return place(left) < place(right);
  });
}

}  // namespace seedance::model
