#ifndef SEEDANCE_SERVICE_MODEL_PROFILE_H_
#define SEEDANCE_SERVICE_MODEL_PROFILE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"

// What a vendor accepts and can do, as data: each dialect provides the documented values as defaults, and the
// configuration may replace every one of them. All types here are values.
//
// Tests: tests/unit/model/asset_test.cc, tests/unit/model/model_rules_test.cc
namespace seedance::model {

// Limits of one kind of media. Bounds are inclusive; 0 means no bound.
struct MediaLimits {
  std::set<std::string> formats;  // Containers as in MediaInfo: `png`, `mp4` and so on.
  int64_t max_bytes = 0;          // Bytes.
  int min_side = 0;               // Pixels, of both sides.
  int max_side = 0;
  double min_ratio = 0;  // Width / height.
  double max_ratio = 0;
  bool open_bounds = false;  // Whether sides and ratio must lie strictly between their bounds.
  int64_t min_pixels = 0;    // Width * height.
  int64_t max_pixels = 0;
  absl::Duration min_duration;
  absl::Duration max_duration;
  double min_frame_rate = 0;  // Frames per second.
  double max_frame_rate = 0;

  friend bool operator==(const MediaLimits&, const MediaLimits&) = default;
};

// Limits of an asset library that does not keep everything for ever.
struct AssetLibrary {
  int max_assets = 0;       // Neither FAILED nor EXPIRED, of all tenants. 0: no limit.
  absl::Duration idle_ttl;  // The vendor drops assets unused for so long. Zero: never.

  friend bool operator==(const AssetLibrary&, const AssetLibrary&) = default;
};

// The vendor's models under which creations are billed per request. Empty: not billed.
struct BillingModels {
  std::string group;
  std::string image;
  std::string video;
  std::string audio;

  // The model that bills an asset of `type`; that of images for kUnspecified.
  const std::string& Of(MediaType type) const;
  friend bool operator==(const BillingModels&, const BillingModels&) = default;
};

// Prices of creating groups and assets. Set by the configuration only, like Price.
struct AssetPrice {
  std::string currency;
  std::map<std::string, double> per_call;  // In whole units of `currency`, by billing model.

  friend bool operator==(const AssetPrice&, const AssetPrice&) = default;
};

// What an upstream accepts as assets.
struct AssetProfile {
  // Unicode code points.
  size_t max_display_name_characters = 64;
  MediaLimits image;
  MediaLimits video;
  MediaLimits audio;
  bool groups = true;            // The vendor keeps groups; otherwise the gateway's store does.
  bool bytes = true;             // Accepts the bytes of a file; otherwise they are staged behind a URL.
  bool data_uris = true;         // Accepts data URIs and bare Base64 as a URL; otherwise they count as bytes.
  bool rename = true;            // The vendor keeps changeable display names; otherwise the gateway's store does.
  int64_t max_staged_bytes = 0;  // Largest file that FileApi::UploadToVendor accepts, in bytes; 0: none.
  AssetLibrary library;
  BillingModels billing;
  std::optional<AssetPrice> price;

  // Limits of the media type; those of images for kUnspecified.
  const MediaLimits& Of(MediaType type) const;
  // Largest file of the media type in bytes; the largest of all for kUnspecified.
  int64_t MaxBytes(MediaType type) const;
};

// Price of tasks of one model. Set by the configuration only, because vendors' prices change.
struct Price {
  std::string currency;                        // ISO 4217 (`USD`), or the vendor's unit (`points`).
  double per_task = 0;                         // In whole units of `currency`.
  double per_second = 0;                       // Where `per_second_of` has no entry for the resolution.
  std::map<Resolution, double> per_second_of;  // Per second of video.

  friend bool operator==(const Price&, const Price&) = default;
};

// What one model at one upstream accepts.
struct ModelProfile {
  std::string name;                     // As callers write it. `*` at the end: every name with this prefix.
  size_t max_prompt_characters = 4000;  // Unicode code points, of the prompt as it is sent.
  int min_duration_seconds = 4;
  int max_duration_seconds = 15;
  int default_duration_seconds = 5;  // Sent when the task has none; so for the other defaults.
  bool automatic_duration = false;   // Whether -1 (the vendor chooses) is allowed.
  std::set<Resolution> resolutions;
  Resolution default_resolution = Resolution::k720p;
  bool resolution_required = false;
  bool audio_track = true;             // Whether videos can have sound. Then generate_audio is always sent.
  bool default_generate_audio = true;  // With `audio_track`.
  std::set<std::string> aspect_ratios;
  bool adaptive_only_with_frames = false;  // `adaptive` needs a FIRST_FRAME.
  bool frames_only_adaptive = false;       // A FIRST_FRAME needs `adaptive`, which is then always sent.
  bool references_want_adaptive = false;   // With references, a fixed ratio or duration may fail later.
  size_t max_images = 9;
  size_t max_videos = 3;
  size_t max_audios = 3;
  size_t max_references = 0;                              // Of all kinds together; 0: no limit of its own.
  absl::Duration max_video_duration = absl::Seconds(15);  // Of one reference. Zero: no limit, here and below.
  absl::Duration max_audio_duration = absl::Seconds(15);
  absl::Duration max_total_video_duration = absl::Seconds(15);  // Of all references of the kind.
  absl::Duration max_total_audio_duration = absl::Seconds(15);
  MediaLimits reference_video;  // Of one reference, beside its maximum duration. Formats are those of assets.
  bool audio_alone = false;     // Whether audio may be the only reference.
  bool frames_with_references = false;
  bool asset_references = true;       // Whether references may be assets (`asset://`).
  std::string asset_reference_model;  // The model to use instead when not. Empty: none.
  bool ephemeral_references = false;  // Whether the vendor imports URLs as its own assets for one task.
  int min_ephemeral_hours = 0;
  int max_ephemeral_hours = 0;
  bool seed = true;
  bool watermark = true;
  bool last_frame = true;
  bool web_search = true;
  absl::Time retire_time = absl::InfiniteFuture();  // From then on its maker no longer runs it.
  std::optional<Price> price;

  friend bool operator==(const ModelProfile&, const ModelProfile&) = default;
};

// How a vendor writes a mention of a reference in a prompt: the text before the number.
struct PromptNotation {
  std::string image = "@image";
  std::string video = "@video";
  std::string audio = "@audio";

  friend bool operator==(const PromptNotation&, const PromptNotation&) = default;
};

// What one upstream accepts and can do.
struct UpstreamProfile {
  std::string default_model;
  std::vector<ModelProfile> models;  // The first whose name matches counts.
  AssetProfile assets;
  PromptNotation notation;
  bool webhooks = false;       // The vendor sends webhooks, so polls can be rarer.
  bool lists_tasks = false;    // The vendor lists tasks, so one with an unknown id can be found.
  bool cancels_tasks = false;  // The vendor cancels tasks that have not begun.
  bool usage_log = false;      // The vendor may show what its key was billed.

  // Profile of the model `name`; null: this upstream has no such model. Points into this object.
  const ModelProfile* FindModel(const std::string& name) const;
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_PROFILE_H_
