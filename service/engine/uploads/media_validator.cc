#include "service/engine/uploads/media_validator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/engine/uploads/file_format.h"
#include "service/model/media_rules.h"

namespace seedance::engine {
namespace {

using media::Findings;
using model::MediaType;

std::string Described(const Findings& findings) {
  std::string text(NameOf(findings.type));
  if (!findings.info.container.empty()) absl::StrAppend(&text, " (", findings.info.container, ")");
  return text;
}

}  // namespace

MediaValidator::MediaValidator(const model::AssetProfile& profile, Fields fields, MediaType given)
    : profile_(&profile), fields_(std::move(fields)), given_(given), prober_(media::MakeProber()) {}

MediaType MediaValidator::type() const { return given_ != MediaType::kUnspecified ? given_ : prober_->findings().type; }

model::MediaInfo MediaValidator::info() const {
  const Findings& findings = prober_->findings();
  return findings.state == Findings::State::kKnown ? findings.info : model::MediaInfo{};
}

int64_t MediaValidator::MaxBytes() const { return engine::MaxBytes(*profile_, type()); }

std::vector<base::FieldViolation> MediaValidator::Violations(int64_t size) const {
  const Findings& findings = prober_->findings();
  model::MediaInfo info = findings.info;
  switch (findings.state) {
    case Findings::State::kUnknownFormat:
      return {{fields_.bytes,
               absl::StrCat("must be a media file of a format that the upstream takes: ", findings.problem)}};
    case Findings::State::kBroken:
      return {{fields_.bytes, absl::StrCat("must be a complete and valid file: this ", Described(findings),
                                           " is not: ", findings.problem)}};
    case Findings::State::kReading: {
      model::MediaInfo turned = info;
      std::swap(turned.width, turned.height);
      const auto breaks = [this](const model::MediaInfo& sides) {
        return !model::CheckMedia(fields_.bytes, type(), sides, *profile_).empty();
      };
      if (!findings.sized || type() != findings.type || !breaks(info) || !breaks(turned)) info = {};
      break;
    }
    case Findings::State::kKnown:
      if (given_ != MediaType::kUnspecified && given_ != findings.type) {
        return {{fields_.media_type,
                 absl::StrCat("says ", std::string(NameOf(given_)), ", but the bytes are a ", Described(findings))}};
      }
      break;
  }
  if (type() == MediaType::kUnspecified) return {};
  info.size_bytes = size;
  return model::CheckMedia(fields_.bytes, type(), info, *profile_);
}

int64_t MaxBytes(const model::AssetProfile& profile, MediaType type) {
  const auto limit = [](const model::MediaLimits& limits) {
    return limits.max_bytes > 0 ? limits.max_bytes : std::numeric_limits<int64_t>::max();
  };
  if (type != MediaType::kUnspecified) return limit(profile.Of(type));
  return std::max({limit(profile.image), limit(profile.video), limit(profile.audio)});
}

}  // namespace seedance::engine
