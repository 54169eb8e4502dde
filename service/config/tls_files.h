#ifndef SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_
#define SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/certificates.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// Contents of the files of `server.tls` as read at one time.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;  // Empty when none is configured.
  // The certificates, as far as they could be parsed.
  std::vector<Certificate> chain;
  std::vector<Certificate> authorities;
  bool key_is_public = false;  // The key file is readable by every user of the machine.
  // Why a TLS server cannot use the files, with full field paths. Empty: it can. Dates are not checked.
  std::vector<ConfigProblem> problems;

  // Whether both have the same contents.
  bool Same(const TlsFiles& other) const;
  // All problems in one line.
  std::string Cause() const;
};

// Reads, parses and matches the files of a checked configuration. Faults are in `problems`. Never blocks on a FIFO.
// Thread-safe.
TlsFiles ReadTlsFiles(const gateway::config::v1::Tls& tls);

// Certificates of one purpose, to check their dates.
struct CertificateRole {
  std::string name;                              // `server` or `client_ca`.
  std::string field;                             // Field path, `server.tls.certificate_file`.
  std::string file;                              // Value of the field.
  const std::vector<Certificate>* certificates;  // Not empty.

  // The certificate that expires first.
  const Certificate& Soonest() const;
  // The certificate whose dates decide: the server's own (the first of its chain), or the authority that expires last.
  const Certificate& Deciding() const;
  // Whether the deciding certificate has expired at `now`.
  bool Expired(absl::Time now) const;
  // Whether it is not valid yet at `now`.
  bool NotYetValid(absl::Time now) const;
};

// The roles for which `files` has certificates; they point into `files`.
std::vector<CertificateRole> RolesOf(const gateway::config::v1::Tls& tls, const TlsFiles& files);

// Certificates that expire within this time give a warning.
inline constexpr absl::Duration kExpiryWarning = absl::Hours(14 * 24);

// Findings of `--check-config` about dates and permissions.
struct TlsFindings {
  std::vector<ConfigProblem> errors;    // Expired: no client can connect.
  std::vector<ConfigProblem> warnings;  // Not valid yet, expires soon, or the key is readable by everyone.
};
// Checks files without problems at `now`.
TlsFindings CheckTlsFiles(const gateway::config::v1::Tls& tls, const TlsFiles& files, absl::Time now);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_
