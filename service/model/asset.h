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
// Kind of media; decides limits and how references are numbered.
enum class MediaType { kUnspecified = 0, kImage = 1, kVideo = 2, kAudio = 3 };

// Numbers as in asset.proto (Asset.State).
// Life cycle of an asset.
enum class AssetState { kUnspecified = 0, kProcessing = 1, kActive = 2, kFailed = 3, kExpired = 4 };

// Name in the API: `PROCESSING` for kProcessing.
std::string_view AssetStateName(AssetState state);

// Whether WatchAsset ends in this state: ACTIVE, FAILED, EXPIRED.
bool IsSettled(AssetState state);

// Media type by the suffix of a file name, in any case (`.png`, `.MP4`); kUnspecified when unknown.
MediaType MediaTypeOfFileName(std::string_view file_name);

// Media type of a MIME type (`image/png`, `video/mp4`, `audio/mpeg`); kUnspecified when it is none of the three.
MediaType MediaTypeOfMime(std::string_view mime);

// Measured or reported properties of a media file. A zero or empty value means unknown.
struct MediaInfo {
  std::string container;  // `png`, `mp4` and so on.
  int width = 0;          // Pixels, as shown (rotation applied), here and below.
  int height = 0;
  absl::Duration duration;
  double frame_rate = 0;  // Frames per second.
  int64_t size_bytes = 0;
  std::string sha256;  // 64 lower-case hex digits.

  friend bool operator==(const MediaInfo&, const MediaInfo&) = default;
};

// Reference media at one vendor, as stored. asset.proto explains the fields. A value.
struct Asset {
  // Id of its creation; never changes, so that names stay valid.
  UpstreamHandle handle;
  std::string tenant;
  UpstreamHandle group;
  std::string display_name;
  MediaType media_type = MediaType::kUnspecified;
  AssetState state = AssetState::kUnspecified;
  // Set in state FAILED.
  Failure error;
  MediaInfo media_info;
  // The vendor's link; may expire.
  std::string preview_uri;
  // When the vendor accepted it.
  absl::Time create_time;
  absl::Time update_time;
  // When the vendor drops it if it is not used before.
  absl::Time expire_time = absl::InfiniteFuture();
  // The vendor's present id, when the asset was re-created and the id differs from that in `handle`. Empty: the same.
  std::string vendor_id;
  absl::Time last_used_time = absl::InfinitePast();  // Last creation, read at the vendor, or use in a task.
  std::string source_uri;                            // The https URL that it was created from; empty: from bytes.
  int recreations = 0;                               // How often it was re-created after it had expired.
  std::string rights_note;  // The tenant's record of the right to use it. Never sent to the vendor.
  int64_t task_uses = 0;    // Number of tasks with it that the vendor accepted, counted to 2.
  bool reused = false;      // Only in the answer of a create: it existed before. Never stored.
  CallCost creation;        // Only in the answer of a validation. Never stored.
  int64_t revision = 0;     // Set by the store on every write.

  // Resource name, `assets/{upstream}~{id}`.
  std::string name() const { return AssetName(handle); }
  // The id to use in requests to the vendor.
  const std::string& upstream_id() const { return vendor_id.empty() ? handle.id : vendor_id; }
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_ASSET_H_
