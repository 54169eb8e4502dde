#ifndef SEEDANCE_CLIENT_CPP_REQUEST_ID_H_
#define SEEDANCE_CLIENT_CPP_REQUEST_ID_H_

#include <string>

namespace seedance::client {

// A random UUID (version 4) in lower case, for the `request_id` of a mutating call. Thread-safe.
std::string NewRequestId();

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_REQUEST_ID_H_
