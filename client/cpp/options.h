#ifndef SEEDANCE_CLIENT_CPP_OPTIONS_H_
#define SEEDANCE_CLIENT_CPP_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/cpp/canceller.h"
#include "client/cpp/retry.h"

namespace seedance::client {

// How to reach the gateway, and how patiently.
struct ClientOptions {
  std::string endpoint = "127.0.0.1:8443";  // `host:port`.
  std::string token;                        // Bearer token; empty: none is sent. Readable on the way without TLS.
  bool tls = false;
  std::string ca_file;  // PEM authorities that sign the server; empty: the system's. Only with `tls`.
  // PEM certificate, with its chain, and key of the client, for a gateway that asks for one. Both or none; only with
  // `tls`.
  std::string certificate_file;
  std::string private_key_file;
  std::string server_name;  // That the server's certificate must be for. Empty: the host of `endpoint`.
  std::string user_agent;   // Put before gRPC's own. Empty: `seedance-client`.
  absl::Duration health_timeout = absl::Seconds(5);   // CheckHealth.
  absl::Duration read_timeout = absl::Seconds(30);    // Gets and lists, all tries together.
  absl::Duration write_timeout = absl::Seconds(330);  // Other unary calls: the vendor may think for five minutes.
  absl::Duration upload_timeout = absl::Minutes(30);  // Whole upload, all tries together.
  // How long a call waits for a connection, as a watch does at first. Zero: it fails at once.
  absl::Duration connect_timeout = absl::Seconds(20);
  absl::Duration outage_timeout = absl::Minutes(10);  // How long a watch that has begun waits for one.
  // A connection without an answer to a ping is dead: its calls end after both times. The gateway takes a ping every
  // 5 s.
  absl::Duration keepalive_time = absl::Seconds(10);
  absl::Duration keepalive_timeout = absl::Seconds(10);
  absl::Duration stream_idle_timeout = absl::Seconds(90);  // A stream silent for so long counts as broken. Longer than
                                                           // the gateway's heartbeat interval (20 s by default).
  RetryPolicy retry;
  Timing timing;
};

// Options of one call.
struct CallOptions {
  // Total time for the call, all tries together. Not set: the client's for this kind of call; watches and downloads
  // have no limit then.
  std::optional<absl::Duration> timeout;
  // Ends the call from another thread. Optional; outlives the call.
  Canceller* canceller = nullptr;
};

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_OPTIONS_H_
