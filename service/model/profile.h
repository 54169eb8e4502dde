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

// What a vendor takes and can do. All of it is data: each dialect has the documented values as its defaults, and the
// configuration may replace every one of them.
namespace seedance::model {

// Limits of one kind of media. A bound of 0 is no bound.
struct MediaLimits {
  std::set<std::string> formats;  // Containers as in MediaInfo: `png`, `mp4` and so on.
  int64_t max_bytes = 0;          // Included.
  int min_side = 0;               // Pixels, of both sides.
  int max_side = 0;
  double min_ratio = 0;  // Width / height.
  double max_ratio = 0;
  bool open_bounds = false;  // Whether the bounds of sides and ratio are themselves outside.
  int64_t min_pixels = 0;    // Width * height of a picture.
  int64_t max_pixels = 0;
  absl::Duration min_duration;
  absl::Duration max_duration;
  double min_frame_rate = 0;  // Frames per second.
  double max_frame_rate = 0;

  friend bool operator==(const MediaLimits&, const MediaLimits&) = default;
};

// A library of assets that is not for ever.
struct AssetLibrary {
  int max_assets = 0;       // That have not FAILED or EXPIRED, of all tenants together. 0: no limit.
  absl::Duration idle_ttl;  // The vendor drops an asset that was not used for so long. Zero: never.

  friend bool operator==(const AssetLibrary&, const AssetLibrary&) = default;
};

// The vendor's models under which creations are billed, per call. Empty: the vendor bills no such call.
struct BillingModels {
  std::string group;
  std::string image;
  std::string video;
  std::string audio;

  // That of the media type; of images for kUnspecified.
  const std::string& Of(MediaType type) const;
  friend bool operator==(const BillingModels&, const BillingModels&) = default;
};

// What creations of groups and assets cost. Not set by any dialect, as Price.
struct AssetPrice {
  std::string currency;
  std::map<std::string, double> per_call;  // In whole units of `currency`, by billing model.

  friend bool operator==(const AssetPrice&, const AssetPrice&) = default;
};

// What an upstream takes as assets.
struct AssetProfile {
  size_t max_display_name_characters = 64;
  MediaLimits image;
  MediaLimits video;
  MediaLimits audio;
  bool groups = true;            // The vendor keeps groups; else the gateway's store does.
  bool bytes = true;             // Takes the bytes of a file; else they are staged behind a URL first.
  bool data_uris = true;         // Takes data URIs and bare Base64 as a URL; else they count as bytes.
  bool rename = true;            // The vendor keeps display names that can change; else the gateway's store does.
  int64_t max_staged_bytes = 0;  // Largest file that Upstream::UploadToVendor takes; 0: it takes none.
  AssetLibrary library;
  BillingModels billing;
  std::optional<AssetPrice> price;

  // Limits of the media type; those of images for kUnspecified.
  const MediaLimits& Of(MediaType type) const;
  // Largest file of the media type; the largest of all for kUnspecified.
  int64_t MaxBytes(MediaType type) const;
};

// What a task costs. Not set by any dialect: vendors' prices change, and only the configuration knows them.
struct Price {
  std::string currency;                        // ISO 4217 (`USD`), or the vendor's unit (`points`).
  double per_task = 0;                         // In whole units of `currency`.
  double per_second = 0;                       // Where `per_second_of` has no row of the resolution.
  std::map<Resolution, double> per_second_of;  // Per second of video.

  friend bool operator==(const Price&, const Price&) = default;
};

// What one model at one upstream takes.
struct ModelProfile {
  std::string name;                     // As the caller writes it. With a `*` at the end: all names that begin so.
  size_t max_prompt_characters = 4000;  // Unicode code points, of the prompt as it is sent.
  int min_duration_seconds = 4;
  int max_duration_seconds = 15;
  int default_duration_seconds = 5;  // What is sent when the task does not say; so for the other defaults.
  bool automatic_duration = false;   // Whether -1 (the vendor chooses) is allowed.
  std::set<Resolution> resolutions;
  Resolution default_resolution = Resolution::k720p;
  bool resolution_required = false;
  bool audio_track = true;             // Whether a task can have sound, which the vendor is then told always.
  bool default_generate_audio = true;  // With `audio_track`.
  std::set<std::string> aspect_ratios;
  bool adaptive_only_with_frames = false;  // `adaptive` needs a FIRST_FRAME.
  bool frames_only_adaptive = false;       // A FIRST_FRAME needs `adaptive`, which the vendor is then told always.
  bool references_want_adaptive = false;   // With references a fixed ratio or length may fail later.
  size_t max_images = 9;
  size_t max_videos = 3;
  size_t max_audios = 3;
  size_t max_references = 0;  // Of all kinds together; 0: no limit of its own.
  absl::Duration max_video_duration =
      absl::Seconds(15);  // Of one reference. Zero: no limit of its own, here and below.
  absl::Duration max_audio_duration = absl::Seconds(15);
  absl::Duration max_total_video_duration = absl::Seconds(15);  // Of all references of the kind.
  absl::Duration max_total_audio_duration = absl::Seconds(15);
  MediaLimits reference_video;  // Of one reference, beside its longest play time. Formats are those of assets.
  bool audio_alone = false;     // Whether audio may be the only reference.
  bool frames_with_references = false;
  bool asset_references = true;       // Whether references may be assets (`asset://`).
  std::string asset_reference_model;  // The model to take instead when they may not. Empty: there is none.
  bool ephemeral_references = false;  // Whether the vendor imports URLs as assets of its own for one task.
  int min_ephemeral_hours = 0;
  int max_ephemeral_hours = 0;
  bool seed = true;
  bool watermark = true;
  bool last_frame = true;
  bool web_search = true;
  absl::Time retire_time = absl::InfiniteFuture();  // From when on its maker no longer runs it.
  std::optional<Price> price;

  friend bool operator==(const ModelProfile&, const ModelProfile&) = default;
};

// How a vendor writes the mention of a reference in a prompt: the words before the number.
struct PromptNotation {
  std::string image = "@image";
  std::string video = "@video";
  std::string audio = "@audio";

  friend bool operator==(const PromptNotation&, const PromptNotation&) = default;
};

// What one upstream takes and can do.
struct UpstreamProfile {
  std::string default_model;
  std::vector<ModelProfile> models;  // The first that matches a name counts.
  AssetProfile assets;
  PromptNotation notation;
  bool webhooks = false;       // The vendor tells of changes by itself, so that polls can be rarer.
  bool lists_tasks = false;    // The vendor can be searched for a task whose id is not known.
  bool cancels_tasks = false;  // The vendor takes a task back that it has not begun.
  bool usage_log = false;      // The vendor may show what its key was billed.

  // Null: this upstream has no such model.
  const ModelProfile* FindModel(const std::string& name) const;
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_PROFILE_H_
