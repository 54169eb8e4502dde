#ifndef SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_
#define SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/config/v1/config.pb.h"
#include "service/config/certificates.h"
#include "service/config/yaml_message.h"

namespace seedance::config {

// What the files of `server.tls` held when they were read.
struct TlsFiles {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;  // Empty when the configuration names no such file.
  // What the certificates say, as far as they could be parsed.
  std::vector<Certificate> chain;
  std::vector<Certificate> authorities;
  bool key_is_public = false;  // Every user of the machine may read the key file.
  // Why a TLS server cannot use them, with whole field paths. Empty: it can. Dates are no reason.
  std::vector<ConfigProblem> problems;

  // Whether both readings found the same.
  bool Same(const TlsFiles& other) const;
  // The problems in one line.
  std::string Cause() const;
};

// Reads, parses and matches the files of a checked configuration. Never blocks on a FIFO. Thread-safe.
TlsFiles ReadTlsFiles(const gateway::config::v1::Tls& tls);

// A set of certificates that serves one purpose, as far as dates matter.
struct CertificateRole {
  std::string name;                              // `server` or `client_ca`.
  std::string field;                             // `server.tls.certificate_file`.
  std::string file;                              // The path that the field holds.
  const std::vector<Certificate>* certificates;  // Not empty.

  // The one that expires first.
  const Certificate& Soonest() const;
  // The one that decides whether they can be used: the server's own, which is the first of its chain, or the authority
  // that lasts longest.
  const Certificate& Deciding() const;
  // Whether nobody can use them at `now`: the server's own certificate, or all of the authorities, have expired.
  bool Expired(absl::Time now) const;
  // The same for certificates that are not valid yet.
  bool NotYetValid(absl::Time now) const;
};

// The roles that `files` has certificates for; they point into `files`.
std::vector<CertificateRole> RolesOf(const gateway::config::v1::Tls& tls, const TlsFiles& files);

// Certificates that expire within this time are warned about.
inline constexpr absl::Duration kExpiryWarning = absl::Hours(14 * 24);

// What `--check-config` says about dates and permissions of files without problems.
struct TlsFindings {
  std::vector<ConfigProblem> errors;    // Nobody can connect: expired.
  std::vector<ConfigProblem> warnings;  // Not valid yet, expires soon, or the key is readable by everyone.
};
TlsFindings CheckTlsFiles(const gateway::config::v1::Tls& tls, const TlsFiles& files, absl::Time now);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_TLS_FILES_H_
