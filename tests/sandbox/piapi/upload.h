#ifndef SEEDANCE_TESTS_SANDBOX_PIAPI_UPLOAD_H_
#define SEEDANCE_TESTS_SANDBOX_PIAPI_UPLOAD_H_

#include <string>

#include "tests/sandbox/wire/dialect.h"

namespace seedance::sandbox {

// /api/ephemeral_resource of PiAPI: keeps a small file for 24 virtual hours under a link without a signature.
ApiReply UploadEphemeralFile(Shared shared, const std::string& key, const ApiCall& call);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_PIAPI_UPLOAD_H_
