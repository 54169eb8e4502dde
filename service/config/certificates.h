#ifndef SEEDANCE_SERVICE_CONFIG_CERTIFICATES_H_
#define SEEDANCE_SERVICE_CONFIG_CERTIFICATES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace seedance::config {

// Bundles of many authorities have some hundred kilobytes.
//
// Tests: tests/unit/config/tls_files_test.cc
inline constexpr size_t kMaxCertificateFile = 4 << 20;

// Properties of an X.509 certificate for operators.
struct Certificate {
  std::string subject;  // In the form of RFC 2253.
  std::string serial;   // Upper-case hex digits.
  absl::Time not_before;
  absl::Time not_after;
};

// All certificates of a PEM text, in order. INVALID_ARGUMENT, with a text that continues a file name: the text is
// empty, has no certificate, or one that cannot be parsed.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& pem);

// Contents of a certificate file.
struct CertificateFile {
  std::string pem;
  std::vector<Certificate> certificates;
};

// Reads a PEM file of certificates into `file`. FAILED_PRECONDITION or INVALID_ARGUMENT with a message that names the
// file: it cannot be read (ReadRegularFile, at most kMaxCertificateFile bytes), or ReadCertificates refuses it; in that
// case `file.pem` is set all the same.
absl::Status ReadCertificateFile(const std::string& path, CertificateFile& file);

// OK if a TLS server can use `chain` with `key` (both PEM): the key is not encrypted, belongs to the first certificate
// of the chain and satisfies the system's OpenSSL settings. INVALID_ARGUMENT says why not. `chain` must pass
// ReadCertificates.
absl::Status CheckKeyPair(const std::string& chain, const std::string& key);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CERTIFICATES_H_
