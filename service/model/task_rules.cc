#include "service/model/task_rules.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace seedance::model {
namespace {

// Kinds in the order in which the vendors want them.
enum class Kind { kImage, kVideo, kAudio };

Kind KindOf(ReferenceRole role) {
  switch (role) {
    case ReferenceRole::kReferenceVideo:
      return Kind::kVideo;
    case ReferenceRole::kReferenceAudio:
      return Kind::kAudio;
    default:
      return Kind::kImage;
  }
}

// Code points of UTF-8 text: every byte but the continuation bytes begins one.
size_t CountCharacters(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

size_t CountRole(const TaskRequest& request, ReferenceRole role) {
  return static_cast<size_t>(std::count_if(request.references.begin(), request.references.end(),
                                           [role](const Reference& reference) { return reference.role == role; }));
}

// Collects violations under the request's path.
class Report {
 public:
  void Add(const std::string& field, const std::string& rule) {
    violations_.push_back({absl::StrCat("generation_task.", field), rule});
  }
  std::vector<base::FieldViolation> Take() { return std::move(violations_); }

 private:
  std::vector<base::FieldViolation> violations_;
};

void CheckPrompt(const TaskRequest& request, const ModelProfile& profile, Report& report) {
  const size_t characters = CountCharacters(request.prompt);
  if (characters > profile.max_prompt_characters) {
    report.Add("prompt",
               absl::StrCat("must have at most ", profile.max_prompt_characters, " characters, has ", characters));
  }
  const bool shows = std::any_of(request.references.begin(), request.references.end(),
                                 [](const Reference& reference) { return KindOf(reference.role) != Kind::kAudio; });
  if (request.prompt.empty() && !shows) report.Add("prompt", "is required without a reference image or video");
}

void CheckShape(const TaskRequest& request, const ModelProfile& profile, Report& report) {
  if (request.resolution == Resolution::kUnspecified && profile.resolution_required) {
    report.Add("resolution", absl::StrCat("is required for model ", request.model));
  }
  if (request.resolution != Resolution::kUnspecified && profile.resolutions.count(request.resolution) == 0) {
    const std::string known = absl::StrJoin(profile.resolutions, ", ", [](std::string* out, Resolution resolution) {
      out->append(ResolutionName(resolution));
    });
    report.Add("resolution", absl::StrCat("must be one of ", known, " for model ", request.model, ", is ",
                                          std::string(ResolutionName(request.resolution))));
  }
  if (!request.aspect_ratio.empty() && profile.aspect_ratios.count(request.aspect_ratio) == 0) {
    report.Add("aspect_ratio", absl::StrCat("must be one of ", absl::StrJoin(profile.aspect_ratios, ", "), ", is `",
                                            request.aspect_ratio.substr(0, 32), "`"));
  }
  if (!request.duration_seconds.has_value()) return;
  const int seconds = *request.duration_seconds;
  const bool automatic = seconds == -1 && profile.automatic_duration;
  if (!automatic && (seconds < profile.min_duration_seconds || seconds > profile.max_duration_seconds)) {
    report.Add("duration", absl::StrCat("must be ", profile.min_duration_seconds, " to ", profile.max_duration_seconds,
                                        " s for model ", request.model, ", is ", seconds, " s"));
  }
}

void CheckCount(const TaskRequest& request, Kind kind, const char* what, size_t most, Report& report) {
  size_t count = 0;
  for (size_t i = 0; i < request.references.size(); ++i) {
    if (KindOf(request.references[i].role) != kind || ++count != most + 1) continue;
    report.Add(absl::StrCat("references[", i, "]"),
               absl::StrCat("is ", what, " number ", count, "; at most ", most, " are allowed"));
  }
}

void CheckFrames(const TaskRequest& request, const ModelProfile& profile, Report& report) {
  const size_t first = CountRole(request, ReferenceRole::kFirstFrame);
  const size_t last = CountRole(request, ReferenceRole::kLastFrame);
  if (first > 1) report.Add("references", absl::StrCat("must hold at most 1 FIRST_FRAME, hold ", first));
  if (last > 1) report.Add("references", absl::StrCat("must hold at most 1 LAST_FRAME, hold ", last));
  if (last > 0 && first == 0) report.Add("references", "hold a LAST_FRAME without a FIRST_FRAME");
  if (first + last == 0 || profile.frames_with_references) return;
  for (size_t i = 0; i < request.references.size(); ++i) {
    const ReferenceRole role = request.references[i].role;
    if (role == ReferenceRole::kFirstFrame || role == ReferenceRole::kLastFrame ||
        role == ReferenceRole::kUnspecified) {
      continue;
    }
    report.Add(absl::StrCat("references[", i, "].role"),
               "must be FIRST_FRAME or LAST_FRAME: frames and other references exclude one another");
  }
}

void CheckReferences(const TaskRequest& request, const ModelProfile& profile, Report& report) {
  for (size_t i = 0; i < request.references.size(); ++i) {
    const Reference& reference = request.references[i];
    if (reference.role == ReferenceRole::kUnspecified && !reference.asset.has_value()) {
      report.Add(absl::StrCat("references[", i, "].role"), "is required for a URL");
    }
  }
  CheckCount(request, Kind::kImage, "image", profile.max_images, report);
  CheckCount(request, Kind::kVideo, "video", profile.max_videos, report);
  CheckCount(request, Kind::kAudio, "audio", profile.max_audios, report);
  CheckFrames(request, profile, report);
  const bool all_audio =
      !request.references.empty() && CountRole(request, ReferenceRole::kReferenceAudio) == request.references.size();
  if (all_audio && !profile.audio_alone) {
    report.Add("references", "hold audio alone; add an image or a video");
  }
  if (request.web_search && !request.references.empty()) {
    report.Add("web_search", "is only for tasks without references");
  }
}

}  // namespace

std::vector<base::FieldViolation> CheckTask(const TaskRequest& request, const ModelProfile& profile) {
  Report report;
  CheckPrompt(request, profile, report);
  CheckReferences(request, profile, report);
  CheckShape(request, profile, report);
  if (request.seed.has_value() && (*request.seed < -1 || *request.seed > 4294967295)) {
    report.Add("seed", absl::StrCat("must be -1 to 4294967295, is ", *request.seed));
  }
  return report.Take();
}

void SortReferences(std::vector<Reference>& references) {
  std::stable_sort(references.begin(), references.end(), [](const Reference& left, const Reference& right) {
    return KindOf(left.role) < KindOf(right.role);
  });
}

}  // namespace seedance::model
