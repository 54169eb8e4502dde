#include "service/config/certificates.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/config/regular_file.h"

namespace seedance::config {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

BioPtr MemoryOf(const std::string& text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Text of the last OpenSSL failure; clears this thread's error queue.
std::string OpenSslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SubjectOf(const X509* certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : "";
}

std::string SerialOf(const X509* certificate) {
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* digits = number == nullptr ? nullptr : BN_bn2hex(number.get());
  std::string serial = digits == nullptr ? "" : digits;
  OPENSSL_free(digits);
  return serial;
}

// Called for an encrypted key only.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& pem) {
  if (absl::StripAsciiWhitespace(pem).empty()) return Invalid("is empty");
  ERR_clear_error();
  const BioPtr reader = MemoryOf(pem);
  std::vector<Certificate> certificates;
  for (;;) {
    const X509Ptr certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back({SubjectOf(certificate.get()), SerialOf(certificate.get()),
                            TimeOf(X509_get0_notBefore(certificate.get())),
                            TimeOf(X509_get0_notAfter(certificate.get()))});
  }
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = OpenSslReason();
  if (!end) return Invalid("contains a certificate that cannot be parsed: ", reason);
  if (certificates.empty()) return Invalid("contains no PEM certificate");
  return certificates;
}

absl::Status ReadCertificateFile(const std::string& path, CertificateFile& file) {
  absl::StatusOr<RegularFile> read = ReadRegularFile(path, kMaxCertificateFile);
  if (!read.ok()) return read.status();
  file.pem = std::move(read->bytes);
  absl::StatusOr<std::vector<Certificate>> certificates = ReadCertificates(file.pem);
  if (!certificates.ok()) return Invalid("file ", path, " ", std::string(certificates.status().message()));
  file.certificates = *std::move(certificates);
  return absl::OkStatus();
}

absl::Status CheckKeyPair(const std::string& chain, const std::string& key_pem) {
  if (absl::StripAsciiWhitespace(key_pem).empty()) return Invalid("is empty");
  ERR_clear_error();
  bool encrypted = false;
  const BioPtr key_reader = MemoryOf(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, RefusePassword, &encrypted));
  if (key == nullptr) {
    const std::string reason = OpenSslReason();
    if (encrypted) return Invalid("is encrypted: the key must have no passphrase");
    return Invalid("contains no PEM private key that can be parsed: ", reason);
  }
  const BioPtr chain_reader = MemoryOf(chain);
  const X509Ptr certificate(PEM_read_bio_X509(chain_reader.get(), nullptr, nullptr, nullptr));
  // As gRPC does, so that whatever it would refuse (a key that is too short) is refused here.
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (certificate == nullptr || context == nullptr || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1) {
    return Invalid("cannot be used with the certificate: ", OpenSslReason());
  }
  // Before SSL_CTX_use_PrivateKey, whose error text is less clear.
  const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!match) return Invalid("does not belong to the first certificate of the chain");
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) return Invalid("cannot be used: ", OpenSslReason());
  return absl::OkStatus();
}

}  // namespace seedance::config
