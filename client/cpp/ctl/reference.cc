#include "client/cpp/ctl/reference.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/names.h"

namespace seedance::client::ctl {
namespace {

using gateway::v1::GenerationTask;
using gateway::v1::Reference;
using gateway::v1::ReferenceRole;
using gateway::v1::Resolution;

absl::StatusOr<ReferenceRole> ParseRole(std::string_view text) {
  std::string word = absl::AsciiStrToUpper(std::string(text));
  if (word == "IMAGE" || word == "VIDEO" || word == "AUDIO") word = "REFERENCE_" + word;
  ReferenceRole role;
  if (gateway::v1::ReferenceRole_Parse("REFERENCE_ROLE_" + word, &role) && word != "UNSPECIFIED") return role;
  return absl::InvalidArgumentError(
      absl::StrCat("unknown role \"", std::string(text), "\"; use image, first_frame, last_frame, video or audio"));
}

// Takes a trailing option off `text`; false when there is none.
absl::StatusOr<bool> TakeOption(std::string_view& text, Reference& reference) {
  const size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view option = text.substr(comma + 1);
  if (option.starts_with("label=")) {
    if (!reference.label().empty()) return absl::InvalidArgumentError("label is given twice");
    reference.set_label(std::string(option.substr(6)));
    if (reference.label().empty()) return absl::InvalidArgumentError("label is empty");
  } else if (option.starts_with("role=")) {
    if (reference.role() != gateway::v1::REFERENCE_ROLE_UNSPECIFIED) {
      return absl::InvalidArgumentError("role is given twice");
    }
    const absl::StatusOr<ReferenceRole> role = ParseRole(option.substr(5));
    if (!role.ok()) return role.status();
    reference.set_role(*role);
  } else if (option == "ephemeral") {
    reference.set_ephemeral(true);
  } else {
    return false;
  }
  text = text.substr(0, comma);
  return true;
}

}  // namespace

absl::StatusOr<Reference> ParseReference(std::string_view text) {
  Reference reference;
  while (true) {
    const absl::StatusOr<bool> taken = TakeOption(text, reference);
    if (!taken.ok()) return taken.status();
    if (!*taken) break;
  }
  if (text.empty()) return absl::InvalidArgumentError("a reference needs an asset or a URL before its options");
  if (text.find("://") != std::string_view::npos) {
    reference.set_uri(std::string(text));
  } else if (const size_t comma = text.find(','); comma != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("unknown option \"", std::string(text.substr(comma + 1)),
                                                   "\" of a reference; use role=, label= or ephemeral"));
  } else {
    reference.set_asset(AssetName(text));
  }
  return reference;
}

absl::StatusOr<Resolution> ParseResolution(std::string_view text) {
  Resolution resolution;
  const std::string word = absl::AsciiStrToUpper(std::string(text));
  if (gateway::v1::Resolution_Parse("RESOLUTION_" + word, &resolution) && word != "UNSPECIFIED") return resolution;
  return absl::InvalidArgumentError(
      absl::StrCat("unknown resolution \"", std::string(text), "\"; use 480p, 720p, 1080p, 2k or 4k"));
}

absl::StatusOr<GenerationTask::State> ParseTaskState(std::string_view text) {
  std::string word = absl::AsciiStrToUpper(std::string(text));
  if (!word.starts_with("STATE_")) word = "STATE_" + word;
  GenerationTask::State state;
  if (GenerationTask::State_Parse(word, &state) && state != GenerationTask::STATE_UNSPECIFIED) return state;
  return absl::InvalidArgumentError(absl::StrCat("unknown state \"", std::string(text),
                                                 "\"; use pending, submitting, queued, running, succeeded, failed, "
                                                 "cancelled, expired, submit_unknown or lost"));
}

}  // namespace seedance::client::ctl
