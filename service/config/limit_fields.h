#ifndef SEEDANCE_SERVICE_CONFIG_LIMIT_FIELDS_H_
#define SEEDANCE_SERVICE_CONFIG_LIMIT_FIELDS_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/config/yaml_message.h"
#include "service/model/profile.h"

namespace seedance::config {

// Mapping of limits between the configuration and model profiles. Each limit stands once, in the Visit functions below,
// which are called with a LimitReader (message to value) or a LimitWriter (value to message).
//
// Tests: tests/unit/config/limits_config_test.cc

// Overwrites values with the fields that `message` sets. A bad field is reported and leaves the value as it is.
class LimitReader {
 public:
  // Paths of problems begin with `path`. The arguments must outlive it.
  LimitReader(const google::protobuf::Message& message, std::string path, std::vector<ConfigProblem>& problems);

  // Appends a problem of `field`.
  void Add(const std::string& field, const std::string& what);

  // A number within [`least`, `most`].
  template <typename T>
  void Number(const char* name, T& value, double least, double most) {
    if (!Has(name)) return;
    const double number = Get(name);
    if (InRange(name, number, least, most)) value = static_cast<T>(number);
  }
  void Flag(const char* name, bool& value);
  // At most `most`.
  void Duration(const char* name, absl::Duration& value, absl::Duration most = absl::Hours(24));
  // Each must be one of `known`.
  void Words(const char* name, std::set<std::string>& value, const std::vector<std::string>& known);
  // `16:9` and the like, or `adaptive`.
  void Ratios(const char* name, std::set<std::string>& value);
  void Resolutions(const char* name, std::set<model::Resolution>& value);
  void OneResolution(const char* name, model::Resolution& value);
  // Name of another model; `none` clears it.
  void OtherModel(const char* name, std::string& value);
  // Start of a day in UTC (`2026-11-11`); `none` for InfiniteFuture.
  void Day(const char* name, absl::Time& value);

 private:
  const google::protobuf::FieldDescriptor& Field(const char* name) const;
  bool Has(const char* name) const;
  double Get(const char* name) const;
  bool InRange(const char* name, double number, double least, double most);
  std::vector<std::string> Texts(const char* name) const;

  const google::protobuf::Message& message_;
  const google::protobuf::Reflection& reflection_;
  const std::string path_;
  std::vector<ConfigProblem>& problems_;
};

// Writes every value into `message`; the inverse of LimitReader. Never fails.
class LimitWriter {
 public:
  explicit LimitWriter(google::protobuf::Message& message);

  template <typename T>
  void Number(const char* name, const T& value, double, double) {
    Set(name, static_cast<double>(value));
  }
  void Flag(const char* name, bool value);
  void Duration(const char* name, absl::Duration value, absl::Duration = absl::Hours(24));
  void Words(const char* name, const std::set<std::string>& value, const std::vector<std::string>&);
  void Ratios(const char* name, const std::set<std::string>& value);
  void Resolutions(const char* name, const std::set<model::Resolution>& value);
  void OneResolution(const char* name, model::Resolution value);
  void OtherModel(const char* name, const std::string& value);
  void Day(const char* name, absl::Time value);

 private:
  const google::protobuf::FieldDescriptor& Field(const char* name) const;
  void Set(const char* name, double number);

  google::protobuf::Message& message_;
  const google::protobuf::Reflection& reflection_;
};

// Upper bounds of counts and of file sizes in bytes; below 2^53, so that a double holds them exactly.
inline constexpr double kMostCount = 1'000'000;
inline constexpr double kMostBytes = 1e12;

// All limits of one kind of media.
template <typename Fields, typename Limits>
void VisitMedia(Fields& fields, Limits& limits, const std::vector<std::string>& formats) {
  fields.Words("formats", limits.formats, formats);
  fields.Number("max_bytes", limits.max_bytes, 0, kMostBytes);
  fields.Number("min_side", limits.min_side, 0, kMostCount);
  fields.Number("max_side", limits.max_side, 0, kMostCount);
  fields.Number("min_ratio", limits.min_ratio, 0, 1000);
  fields.Number("max_ratio", limits.max_ratio, 0, 1000);
  fields.Flag("open_bounds", limits.open_bounds);
  fields.Number("min_pixels", limits.min_pixels, 0, kMostBytes);
  fields.Number("max_pixels", limits.max_pixels, 0, kMostBytes);
  fields.Duration("min_duration", limits.min_duration);
  fields.Duration("max_duration", limits.max_duration);
  fields.Number("min_frame_rate", limits.min_frame_rate, 0, 1000);
  fields.Number("max_frame_rate", limits.max_frame_rate, 0, 1000);
}

// Limits of a model's reference videos; the maximum duration is a field of the model.
template <typename Fields, typename Limits>
void VisitReferenceVideo(Fields& fields, Limits& limits) {
  fields.Number("max_bytes", limits.max_bytes, 0, kMostBytes);
  fields.Number("min_side", limits.min_side, 0, kMostCount);
  fields.Number("max_side", limits.max_side, 0, kMostCount);
  fields.Number("min_ratio", limits.min_ratio, 0, 1000);
  fields.Number("max_ratio", limits.max_ratio, 0, 1000);
  fields.Number("min_pixels", limits.min_pixels, 0, kMostBytes);
  fields.Number("max_pixels", limits.max_pixels, 0, kMostBytes);
  fields.Duration("min_duration", limits.min_duration);
  fields.Number("min_frame_rate", limits.min_frame_rate, 0, 1000);
  fields.Number("max_frame_rate", limits.max_frame_rate, 0, 1000);
}

// The limits of AssetLimits that are not of one kind of media.
template <typename Fields, typename Library>
void VisitLibrary(Fields& fields, Library& library) {
  fields.Number("max_assets", library.max_assets, 0, kMostCount);
  fields.Duration("idle_ttl", library.idle_ttl, absl::Hours(24 * 3650));
}

// All limits of a model except name, like, price and reference_video.
template <typename Fields, typename Model>
void VisitModel(Fields& fields, Model& model) {
  fields.Number("max_prompt_characters", model.max_prompt_characters, 1, kMostCount);
  fields.Number("min_duration_seconds", model.min_duration_seconds, 1, 3600);
  fields.Number("max_duration_seconds", model.max_duration_seconds, 1, 3600);
  fields.Number("default_duration_seconds", model.default_duration_seconds, 1, 3600);
  fields.Flag("automatic_duration", model.automatic_duration);
  fields.Resolutions("resolutions", model.resolutions);
  fields.OneResolution("default_resolution", model.default_resolution);
  fields.Flag("resolution_required", model.resolution_required);
  fields.Flag("audio_track", model.audio_track);
  fields.Flag("default_generate_audio", model.default_generate_audio);
  fields.Ratios("aspect_ratios", model.aspect_ratios);
  fields.Flag("adaptive_only_with_frames", model.adaptive_only_with_frames);
  fields.Flag("frames_only_adaptive", model.frames_only_adaptive);
  fields.Flag("references_want_adaptive", model.references_want_adaptive);
  fields.Number("max_images", model.max_images, 0, 1000);
  fields.Number("max_videos", model.max_videos, 0, 1000);
  fields.Number("max_audios", model.max_audios, 0, 1000);
  fields.Number("max_references", model.max_references, 0, 1000);
  fields.Duration("max_video_duration", model.max_video_duration);
  fields.Duration("max_audio_duration", model.max_audio_duration);
  fields.Duration("max_total_video_duration", model.max_total_video_duration);
  fields.Duration("max_total_audio_duration", model.max_total_audio_duration);
  fields.Flag("audio_alone", model.audio_alone);
  fields.Flag("frames_with_references", model.frames_with_references);
  fields.Flag("asset_references", model.asset_references);
  fields.OtherModel("asset_reference_model", model.asset_reference_model);
  fields.Flag("seed", model.seed);
  fields.Flag("watermark", model.watermark);
  fields.Flag("last_frame", model.last_frame);
  fields.Flag("web_search", model.web_search);
  fields.Flag("ephemeral_references", model.ephemeral_references);
  fields.Day("retire_date", model.retire_time);
}

// Resolution by name (`480p`); kUnspecified for any other text.
model::Resolution ResolutionOf(const std::string& word);

// `number` in decimal notation, without an exponent.
std::string Plain(double number);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_LIMIT_FIELDS_H_
