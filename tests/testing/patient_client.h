#ifndef SEEDANCE_TESTS_TESTING_PATIENT_CLIENT_H_
#define SEEDANCE_TESTS_TESTING_PATIENT_CLIENT_H_

#include <httplib.h>

#include <string>

namespace seedance::testing {

// An HTTP client that waits for an answer as long as a busy machine may need: httplib's own 5 seconds are not enough.
inline httplib::Client PatientClient(const std::string& url) {
  constexpr time_t kSeconds = 60;
  httplib::Client client(url);
  client.set_connection_timeout(kSeconds);
  client.set_read_timeout(kSeconds);
  client.set_write_timeout(kSeconds);
  return client;
}

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_PATIENT_CLIENT_H_
