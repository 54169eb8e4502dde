#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_WIRE_REQUEST_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_WIRE_REQUEST_H_

#include <string>

#include "service/model/generation_task.h"
#include "service/upstream/piapi/piapi.h"
#include "service/upstream/upstream.h"

// JSON bodies of requests to PiAPI, with the fields in the order of the vendor's examples.
//
// Tests: tests/unit/upstream/piapi/wire_test.cc
namespace seedance::upstream {

// Body of `POST .../task`. `model` is the task type. Optional fields only where the caller or the operator sets them.
std::string PiApiTaskBody(const model::TaskRequest& task, const std::string& model, const PiApiOptions& options);

// Body of `POST .../asset/upload`.
std::string PiApiAssetBody(const NewAsset& asset);

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_WIRE_REQUEST_H_
