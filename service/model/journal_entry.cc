#include "service/model/journal_entry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/base/sha256.h"

namespace seedance::model {
namespace {

bool Has(const Fingerprint& print, const std::string& field) {
  return std::any_of(print.begin(), print.end(), [&field](const auto& entry) { return entry.first == field; });
}

bool IsLate(const std::string& field) { return field == kStreamHashField || field == kReusedField; }

// Without late fields and second values.
Fingerprint RequestOf(const Fingerprint& print) {
  Fingerprint request;
  for (const auto& [field, value] : print) {
    if (!IsLate(field) && field.rfind(kSamePrefix, 0) != 0) request.emplace_back(field, value);
  }
  return request;
}

}  // namespace

std::string TextOf(const JournalKey& key) { return absl::StrCat(key.tenant, "\n", key.method, "\n", key.request_id); }

JournalKey KeyOfText(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 2));
  return {parts[0], parts[1], parts[2]};
}

JournalEntry RecreationOf(const Asset& asset, int number) {
  JournalEntry call;
  call.key = {asset.tenant, kRecreateAsset, absl::StrCat(asset.name(), "#", number)};
  call.fingerprint = {{"asset", asset.name()}, {"uri", base::Sha256Hex(asset.source_uri)}};
  // Ties the entry to this asset, not to a new one.
  call.asset = asset;
  return call;
}

void AddSame(std::string_view field, const std::string& second, Fingerprint& fingerprint) {
  if (FieldOf(fingerprint, field) != second)
    fingerprint.emplace_back(std::string(kSamePrefix) + std::string(field), second);
}

std::string FirstDifferenceFromJournal(const Fingerprint& journalled, const Fingerprint& asked) {
  const Fingerprint then = RequestOf(journalled);
  Fingerprint now = RequestOf(asked);
  for (auto& [field, value] : now) {
    const std::string same = std::string(kSamePrefix) + field;
    if (Has(journalled, same) && FieldOf(journalled, same) == value) value = FieldOf(then, field);
  }
  return FirstDifference(then, now);
}

std::string FieldOf(const Fingerprint& fingerprint, std::string_view field) {
  const auto found =
      std::find_if(fingerprint.begin(), fingerprint.end(), [field](const auto& entry) { return entry.first == field; });
  return found == fingerprint.end() ? "" : found->second;
}

std::string FirstDifference(const Fingerprint& left, const Fingerprint& right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  // A field that only `right` has shifts the rest.
  if (l != left.end() && r != right.end() && l->first != r->first && Has(right, l->first)) return r->first;
  if (l != left.end()) return l->first;
  if (r != right.end()) return r->first;
  return "";
}

}  // namespace seedance::model
