#include "tests/testing/test_authority.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

namespace seedance::testing {
namespace {

constexpr long kVersion3 = 2;

void Must(bool done) {
  if (done) return;
  ERR_print_errors_fp(stderr);
  abort();
}

std::string Text(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string PemOf(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_X509(bio, certificate) == 1);
  return Text(bio);
}

std::string PemOf(EVP_PKEY* key, const char* passphrase = nullptr) {
  BIO* bio = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = passphrase == nullptr ? nullptr : EVP_aes_128_cbc();
  Must(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, passphrase, passphrase == nullptr ? 0 : 4, nullptr, nullptr) ==
       1);
  return Text(bio);
}

std::string SerialOf(const X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* digits = BN_bn2hex(number);
  std::string serial = digits;
  OPENSSL_free(digits);
  BN_free(number);
  return serial;
}

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  Must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void SetRandomSerial(X509* certificate) {
  BIGNUM* number = BN_new();
  Must(BN_rand(number, 100, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

}  // namespace

TestAuthority::TestAuthority(CertificateSpec spec) : key_(NewKey(spec.rsa_bits)) {
  certificate_ = Sign(spec, key_.get(), nullptr);
  pem_ = PemOf(certificate_.get());
}

TestAuthority::Key TestAuthority::NewKey(int rsa_bits) {
  Key key(rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256"));
  Must(key != nullptr);
  return key;
}

TestAuthority::Signed TestAuthority::Sign(const CertificateSpec& spec, EVP_PKEY* key, const X509* issuer) {
  Signed made(X509_new());
  Must(X509_set_version(made.get(), kVersion3) == 1);
  SetRandomSerial(made.get());
  ASN1_TIME_set(X509_getm_notBefore(made.get()), absl::ToTimeT(spec.not_before));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), absl::ToTimeT(spec.not_after));
  X509_NAME* name = X509_NAME_new();
  for (const auto& [field, value] : spec.subject) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.c_str());
    Must(X509_NAME_add_entry_by_txt(name, field.c_str(), MBSTRING_UTF8, bytes, -1, -1, 0) == 1);
  }
  X509_set_subject_name(made.get(), name);
  X509_set_issuer_name(made.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
  X509_NAME_free(name);
  X509_set_pubkey(made.get(), key);
  if (issuer == nullptr) AddExtension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (!spec.alternative_names.empty()) AddExtension(made.get(), NID_subject_alt_name, spec.alternative_names);
  Must(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return made;
}

IssuedCertificate TestAuthority::Issue(const CertificateSpec& spec) {
  const Key key = NewKey(spec.rsa_bits);
  const Signed made = Sign(spec, key.get(), certificate_.get());
  return {PemOf(made.get()), PemOf(key.get()), SerialOf(made.get())};
}

std::string EncryptKey(const std::string& key_pem) {
  BIO* bio = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  Must(key != nullptr);
  std::string encrypted = PemOf(key, "pass");
  EVP_PKEY_free(key);
  BIO_free(bio);
  return encrypted;
}

std::string ServerSerial(const std::string& address, const IssuedCertificate* own) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (own != nullptr) {
    BIO* certificate_bio = BIO_new_mem_buf(own->certificate.data(), static_cast<int>(own->certificate.size()));
    X509* certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
    BIO* key_bio = BIO_new_mem_buf(own->key.data(), static_cast<int>(own->key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
    Must(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
  }
  BIO* connection = BIO_new_ssl_connect(context);
  SSL* ssl = nullptr;
  BIO_get_ssl(connection, &ssl);
  static constexpr unsigned char kHttp2[] = "\x02h2";
  SSL_set_alpn_protos(ssl, kHttp2, sizeof(kHttp2) - 1);
  BIO_set_conn_hostname(connection, address.c_str());
  std::string serial;
  if (BIO_do_connect(connection) == 1 && BIO_do_handshake(connection) == 1) {
    X509* certificate = SSL_get1_peer_certificate(ssl);
    if (certificate != nullptr) serial = SerialOf(certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
  BIO_free_all(connection);
  SSL_CTX_free(context);
  return serial;
}

}  // namespace seedance::testing
