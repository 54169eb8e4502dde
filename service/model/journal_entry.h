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

// Key of one journal entry: the call that a tenant means by `request_id`.
//
// Tests: tests/unit/engine/journal/journal_test.cc, tests/unit/model/asset_test.cc
struct JournalKey {
  std::string tenant;
  std::string method;  // For example `CreateAsset`. CreateAsset and UploadAsset do not share ids.
  std::string request_id;

  friend auto operator<=>(const JournalKey&, const JournalKey&) = default;
};

// The key as one text, unique per key: names of tenants and methods hold no line break.
std::string TextOf(const JournalKey& key);
// Inverse of TextOf.
JournalKey KeyOfText(const std::string& text);

// Life cycle of an entry. Values are stored.
enum class JournalState {
  kInFlight = 1,  // The request may have been sent. After a crash: in doubt.
  kDone = 2,      // `resource_name` is the answer. Of tasks from the start: the task's state says what the vendor did.
  kRefused = 3,   // The vendor refused it for good; `error` is the answer.
  kNotAccepted = 4,  // Surely not accepted; the same request id may be sent again.
  kInDoubt = 5,      // The vendor's answer was lost. Never sent again.
};

// Fields of a request in a fixed order, each with its value, or with its SHA-256 where that is long or private.
using Fingerprint = std::vector<std::pair<std::string, std::string>>;

// The name and the place in the library that an asset reserves while it is created, re-created or renamed.
struct AssetClaim {
  UpstreamHandle group;       // The library is that of its upstream.
  std::string display_name;   // Unique within the group.
  UpstreamHandle asset = {};  // The existing asset; without an id: a new one.
  bool place = true;          // Whether it takes a place in the library too.
  int most = 0;               // With `place`: maximum of live assets and claimed places. 0: no limit.
};

// One billable request to a vendor, journalled before it is sent.
struct JournalEntry {
  JournalKey key;
  JournalState state = JournalState::kInFlight;
  Fingerprint fingerprint;
  std::string resource_name;  // What it creates; known from the start for tasks only.
  std::string error;          // base::SerializeStatus of the answer, in kRefused and kInDoubt.
  absl::Time create_time;
  absl::Time update_time;
  // The resource it creates, complete but for the vendor's id, so that it can be written later when the vendor turns
  // out to have it. At most one is set; none for tasks, nor in entries of releases that did not keep it.
  std::optional<AssetGroup> group;
  std::optional<Asset> asset;
  // Number of the replica that sends it, among those that share a store. Set by the store.
  int64_t sender = 0;
  // W3C trace context of the call that began it. Not stored.
  std::string traceparent = {};
  // The claim held until the entry ends. Input for the store; not read back.
  std::optional<AssetClaim> claim;
};

// Method of entries that re-create EXPIRED assets.
inline constexpr char kRecreateAsset[] = "RecreateAsset";

// The entry of the `number`-th re-creation of `asset`: a request of the gateway itself, with one key per number.
JournalEntry RecreationOf(const Asset& asset, int number);

// Name of the first field that differs; empty when both are equal.
std::string FirstDifference(const Fingerprint& left, const Fingerprint& right);

// Late fields of a fingerprint, known only at the end of a call: the hash of a stream, and that the answer was an
// existing resource.
inline constexpr std::string_view kStreamHashField = "chunk";
inline constexpr std::string_view kReusedField = "reused";

// `same/<field>`: a second value of the field that makes the request the same, because the gateway fills in what the
// caller leaves out. Not part of the request itself.
inline constexpr std::string_view kSamePrefix = "same/";

// Adds `second` to `fingerprint` as an equivalent of the value of `field`; no effect when they are equal.
void AddSame(std::string_view field, const std::string& second, Fingerprint& fingerprint);

// Name of the first field in which a new request differs from a journalled one; empty when they are the same request.
// Late fields are not compared; second values (kSamePrefix) are read from `journalled`.
std::string FirstDifferenceFromJournal(const Fingerprint& journalled, const Fingerprint& asked);

// The value of `field`; empty when absent.
std::string FieldOf(const Fingerprint& fingerprint, std::string_view field);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_JOURNAL_ENTRY_H_
