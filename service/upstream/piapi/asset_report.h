#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "service/base/secret.h"
#include "service/upstream/json_node.h"
#include "service/upstream/upstream.h"

// What PiAPI's answers about assets say. They have no envelope; one is taken off where it is.
namespace seedance::upstream {

// The id that an upload answered with. Empty: none.
std::string ReadPiApiAssetId(const std::string& body);

AssetReport ReadPiApiAsset(const JsonNode& item, const base::Secret& api_key);

// The object that an answer about one asset holds.
JsonNode PiApiAssetIn(const JsonNode& root);

// One page of a list.
struct PiApiAssetPage {
  std::vector<AssetReport> items;
  std::optional<int64_t> total;  // In the whole list, when the vendor says it.
};

// nullopt: the answer is no list.
std::optional<PiApiAssetPage> ReadPiApiAssets(const std::string& body, const base::Secret& api_key);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_ASSET_REPORT_H_
