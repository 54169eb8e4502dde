#ifndef SEEDANCE_TESTS_TESTING_TEST_AUTHORITY_H_
#define SEEDANCE_TESTS_TESTING_TEST_AUTHORITY_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace seedance::testing {

// What a certificate of a test says.
struct CertificateSpec {
  std::vector<std::pair<std::string, std::string>> subject = {{"CN", "server"}};  // The most general part first.
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";                   // In OpenSSL's words; empty: none.
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 100);
  int rsa_bits = 0;  // 0: an elliptic-curve key.
};

// A certificate with its key, in PEM.
struct IssuedCertificate {
  std::string certificate;
  std::string key;
  std::string serial;  // Upper-case hex digits.
};

// A certificate authority in memory. Its certificates have serial numbers of their own. Aborts when OpenSSL fails. Not
// thread-safe.
class TestAuthority {
 public:
  explicit TestAuthority(CertificateSpec spec = {.subject = {{"CN", "test authority"}}, .alternative_names = ""});

  // Its own certificate.
  const std::string& pem() const { return pem_; }

  IssuedCertificate Issue(const CertificateSpec& spec);

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Signed = std::unique_ptr<X509, Free>;

  static Key NewKey(int rsa_bits);
  // Signed by this authority, or by itself when `issuer` is null.
  Signed Sign(const CertificateSpec& spec, EVP_PKEY* key, const X509* issuer);

  Key key_;
  Signed certificate_;
  std::string pem_;
};

// The same key, encrypted with a passphrase.
std::string EncryptKey(const std::string& key_pem);

// The serial number of the certificate that a TLS server on 127.0.0.1 shows to a new connection; empty when there is no
// handshake. `own`: the client's certificate, if any.
std::string ServerSerial(const std::string& address, const IssuedCertificate* own = nullptr);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_TEST_AUTHORITY_H_
