#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "service/base/secret.h"
#include "service/upstream/json_node.h"
#include "service/upstream/upstream.h"

// Parsers of PiAPI's answers about assets. Answers have no envelope; one is removed if present. They never fail;
// missing or malformed fields stay empty.
//
// Tests: tests/unit/upstream/piapi/wire_test.cc
namespace seedance::upstream {

// The id in the answer to an upload. Empty: none.
std::string ReadPiApiAssetId(const std::string& body);

// The asset in an object. `api_key` is removed from every text.
AssetReport ReadPiApiAsset(const JsonNode& item, const base::Secret& api_key);

// The object in an answer about one asset.
JsonNode PiApiAssetIn(const JsonNode& root);

// One page of a list.
struct PiApiAssetPage {
  std::vector<AssetReport> items;
  std::optional<int64_t> total;  // Of the whole list, if stated.
};

// One page of the list of assets. nullopt: the answer is not a list.
std::optional<PiApiAssetPage> ReadPiApiAssets(const std::string& body, const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_
