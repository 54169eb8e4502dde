#ifndef SEEDANCE_SERVICE_MODEL_JOURNAL_ENTRY_H_
#define SEEDANCE_SERVICE_MODEL_JOURNAL_ENTRY_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/model/asset.h"
#include "service/model/asset_group.h"

namespace seedance::model {

// Which call a caller means: one row of the journal.
struct JournalKey {
  std::string tenant;
  std::string method;  // For example `CreateAsset`; CreateAsset and UploadAsset do not share ids.
  std::string request_id;

  friend auto operator<=>(const JournalKey&, const JournalKey&) = default;
};

// The key as one text, different for different keys: neither names of tenants nor methods hold a line break.
std::string TextOf(const JournalKey& key);
// The inverse of TextOf.
JournalKey KeyOfText(const std::string& text);

enum class JournalState {
  kInFlight = 1,     // May have left this machine. After a crash it counts as in doubt.
  kDone = 2,         // Accepted; `resource_name` is the answer.
  kRefused = 3,      // The vendor said no for good; `error` is the answer.
  kNotAccepted = 4,  // Surely not accepted; the same request id may try again.
  kInDoubt = 5,      // The vendor's answer was lost. Never sent again.
};

// Fields of the request in a fixed order, each with its value or, where that is long or private, its SHA-256.
using Fingerprint = std::vector<std::pair<std::string, std::string>>;

// What an asset that is being created, created again or renamed holds before it is there.
struct AssetClaim {
  UpstreamHandle group;       // Its upstream is also that of the library.
  std::string display_name;   // In the group.
  UpstreamHandle asset = {};  // The one that exists already; without an id: a new one.
  bool place = true;          // Whether it takes a place in the library too.
  int most = 0;               // With `place`: most live assets and places in the library. 0: no limit.
};

// A call that the vendor may bill, journalled before it leaves.
struct JournalEntry {
  JournalKey key;
  JournalState state = JournalState::kInFlight;
  Fingerprint fingerprint;
  std::string resource_name;  // What it made; for tasks known from the start.
  std::string error;          // base::SerializeStatus of the answer, in kRefused and kInDoubt.
  absl::Time create_time;
  absl::Time update_time;
  // What it makes when it is accepted, but for the vendor's id: whoever finds that at the vendor later can write the
  // rest. At most one; neither for tasks, and in rows of versions that did not keep it.
  std::optional<AssetGroup> group;
  std::optional<Asset> asset;
  // What the row holds from its beginning to its end. Given to the store; not read back.
  std::optional<AssetClaim> claim;
};

// Method of the rows of creations of EXPIRED assets.
inline constexpr char kRecreateAsset[] = "RecreateAsset";

// The row of the creation of `asset` for the `number`-th time after it had expired: the gateway's own call, each number
// with its own key.
JournalEntry RecreationOf(const Asset& asset, int number);

// Name of the first field that differs between the two, empty when they are equal.
std::string FirstDifference(const Fingerprint& left, const Fingerprint& right);

// Late fields of a fingerprint, which the journal learns only at the end of a call: the hash of a stream, and that the
// answer was a resource that had been there before.
inline constexpr std::string_view kStreamHashField = "chunk";
inline constexpr std::string_view kReusedField = "reused";

// `same/<field>`: a second value of the field with which the request would have been the same, because the gateway
// fills in what the caller leaves out. Not part of the request itself.
inline constexpr std::string_view kSamePrefix = "same/";

// Adds to `fingerprint` that `second` means the same as the value of `field`, unless it is that value.
void AddSame(std::string_view field, const std::string& second, Fingerprint& fingerprint);

// Name of the first field in which a new request differs from a journalled one, empty when they are the same request.
// Late fields are not compared; second values (kSamePrefix) are those of the journalled one.
std::string FirstDifferenceFromJournal(const Fingerprint& journalled, const Fingerprint& asked);

// The value of a field, empty when it is not there.
std::string FieldOf(const Fingerprint& fingerprint, std::string_view field);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_JOURNAL_ENTRY_H_
