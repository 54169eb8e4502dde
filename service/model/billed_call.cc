#include "service/model/billed_call.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/base/sha256.h"

namespace seedance::model {
namespace {

bool Has(const Fingerprint& print, const std::string& field) {
  return std::any_of(print.begin(), print.end(), [&field](const auto& entry) { return entry.first == field; });
}

}  // namespace

std::string TextOf(const BilledCallKey& key) {
  return absl::StrCat(key.tenant, "\n", key.method, "\n", key.request_id);
}

BilledCall RecreationOf(const Asset& asset, int number) {
  BilledCall call;
  call.key = {asset.tenant, "RecreateAsset", absl::StrCat(asset.name(), "#", number)};
  call.fingerprint = {{"asset", asset.name()}, {"uri", base::Sha256Hex(asset.source_uri)}};
  // So that nobody takes what it makes for the creation of another asset.
  call.asset = asset;
  return call;
}

std::string FirstDifference(const Fingerprint& left, const Fingerprint& right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  // A field that only the right one has shifts the rest.
  if (l != left.end() && r != right.end() && l->first != r->first && Has(right, l->first)) return r->first;
  if (l != left.end()) return l->first;
  if (r != right.end()) return r->first;
  return "";
}

}  // namespace seedance::model
