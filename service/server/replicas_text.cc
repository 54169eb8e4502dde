#include "service/server/replicas_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace seedance::server {
namespace {

constexpr char kRow[] = "%-8s %-32s %-8s %s\n";

// A name comes from another process: control characters would change the terminal that shows it.
std::string Printable(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  return name;
}

}  // namespace

absl::StatusOr<std::string> ReplicasText(const absl::StatusOr<std::vector<store::ReplicaInfo>>& replicas) {
  if (!replicas.ok()) return replicas.status();
  std::string text = absl::StrFormat(kRow, "NUMBER", "NAME", "LEASE", "SHARDS");
  int64_t owned = 0;
  for (const store::ReplicaInfo& each : *replicas) {
    const double left = std::max(absl::ToDoubleSeconds(each.lease_left), 0.0);
    absl::StrAppend(
        &text, absl::StrFormat(kRow, absl::StrCat(each.number), Printable(each.name), absl::StrFormat("%.1f s", left),
                               absl::StrCat(each.shards, each.self ? "  (this one)" : "")));
    owned += each.shards;
  }
  const int64_t free = static_cast<int64_t>(store::kShards) - owned;
  if (free != 0) absl::StrAppend(&text, free, " shards have no owner\n");
  return text;
}

}  // namespace seedance::server
