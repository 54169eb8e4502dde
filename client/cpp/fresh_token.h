#ifndef SEEDANCE_CLIENT_CPP_FRESH_TOKEN_H_
#define SEEDANCE_CLIENT_CPP_FRESH_TOKEN_H_

#include <grpcpp/support/status.h>

#include <string>

#include "client/cpp/error.h"

namespace seedance::client {

// The fresh token of an error about a token that is too old or of another store; empty for any other error.
inline std::string FreshToken(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::OUT_OF_RANGE) return "";
  const ErrorDetails details = DecodeError(status);
  const auto found = details.metadata.find("resume_token");
  return found == details.metadata.end() ? "" : found->second;
}

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_FRESH_TOKEN_H_
