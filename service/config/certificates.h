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
inline constexpr size_t kMaxCertificateFile = 4 << 20;

// What operators need to know of an X.509 certificate.
struct Certificate {
  std::string subject;  // As RFC 2253 writes it.
  std::string serial;   // Upper-case hex digits.
  absl::Time not_before;
  absl::Time not_after;
};

// Every certificate of PEM text, in its order. INVALID_ARGUMENT, a sentence without a subject: the text is empty, holds
// no certificate, or one that cannot be parsed.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& pem);

// What a file of certificates held when it was read.
struct CertificateFile {
  std::string pem;
  std::vector<Certificate> certificates;
};

// Reads a PEM file of certificates. FAILED_PRECONDITION or INVALID_ARGUMENT with a message that names the file: it
// cannot be read (see ReadRegularFile; at most kMaxCertificateFile bytes), or ReadCertificates refuses it; then `file`
// still has what was read.
absl::Status ReadCertificateFile(const std::string& path, CertificateFile& file);

// OK when a TLS server can use `chain` with `key`, both PEM: the key is not encrypted, belongs to the first certificate
// of the chain and is strong enough for the system's OpenSSL settings. INVALID_ARGUMENT: why the key or the pair is not
// usable. `chain` must pass ReadCertificates.
absl::Status CheckKeyPair(const std::string& chain, const std::string& key);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_CERTIFICATES_H_
