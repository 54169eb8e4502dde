#ifndef SEEDANCE_SERVICE_MODEL_ASSET_H_
#define SEEDANCE_SERVICE_MODEL_ASSET_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/model/failure.h"
#include "service/model/money.h"
#include "service/model/names.h"

namespace seedance::model {

// Numbers as in asset.proto.
enum class MediaType { kUnspecified = 0, kImage = 1, kVideo = 2, kAudio = 3 };

// Numbers as in asset.proto (Asset.State).
enum class AssetState { kUnspecified = 0, kProcessing = 1, kActive = 2, kFailed = 3, kExpired = 4 };

// `PROCESSING` and so on.
std::string_view AssetStateName(AssetState state);

// True for the states in which WatchAsset ends: ACTIVE, FAILED, EXPIRED.
bool IsSettled(AssetState state);

// The media type that a file name's suffix stands for (`.png`, `.MP4`), kUnspecified when unknown.
MediaType MediaTypeOfFileName(std::string_view file_name);

// The media type of `image/png`, `video/mp4`, `audio/mpeg` and so on, kUnspecified when it is none of the three.
MediaType MediaTypeOfMime(std::string_view mime);

// What is known of a file; zero values mean unknown.
struct MediaInfo {
  std::string container;
  int width = 0;
  int height = 0;
  absl::Duration duration;
  double frame_rate = 0;
  int64_t size_bytes = 0;
  std::string sha256;

  friend bool operator==(const MediaInfo&, const MediaInfo&) = default;
};

// Reference media at one vendor. asset.proto explains the fields.
struct Asset {
  UpstreamHandle handle;
  std::string tenant;
  UpstreamHandle group;
  std::string display_name;
  MediaType media_type = MediaType::kUnspecified;
  AssetState state = AssetState::kUnspecified;
  Failure error;
  MediaInfo media_info;
  std::string preview_uri;
  absl::Time create_time;
  absl::Time update_time;
  absl::Time expire_time = absl::InfiniteFuture();
  // The id under which the vendor knows it now, when it was created again and got another than that in `handle`.
  std::string vendor_id;
  absl::Time last_used_time = absl::InfinitePast();  // Created, read at the vendor, or used in a task.
  std::string source_uri;   // The https URL that it was created from; empty: its bytes were sent.
  int recreations = 0;      // How often it was created again after it had expired.
  std::string rights_note;  // The owner's record of the right to use it. Never sent to the vendor.
  int64_t task_uses = 0;    // How many tasks the vendor accepted with it, counted to 2.
  bool reused = false;      // Only in the answer of a create: it was there before. Never stored.
  CallCost creation;        // Only in the answer of a validation. Never stored.
  int64_t revision = 0;     // Set by the store on every write.

  std::string name() const { return AssetName(handle); }
  const std::string& upstream_id() const { return vendor_id.empty() ? handle.id : vendor_id; }
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_ASSET_H_
