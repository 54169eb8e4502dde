#include "service/config/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/testing/temp_dir.h"
#include "tests/testing/test_authority.h"

namespace seedance::config {
namespace {

using ::testing::AllOf;
using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IssuedCertificate;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    tls_.set_certificate_file(dir_.File("server.pem"));
    tls_.set_private_key_file(dir_.File("server.key"));
    tls_.set_client_ca_file(dir_.File("ca.pem"));
    Write("ca.pem", authority_.pem());
    WritePair(good_);
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(testing::WriteFile(dir_.File(name), text));
    ASSERT_EQ(chmod(dir_.File(name).c_str(), 0600), 0);
  }
  void WritePair(const IssuedCertificate& pair) {
    Write("server.pem", pair.certificate);
    Write("server.key", pair.key);
  }
  std::string Cause() { return ReadTlsFiles(tls_).Cause(); }
  TlsFindings Findings() { return CheckTlsFiles(tls_, ReadTlsFiles(tls_), now_); }

  const absl::Time now_ = absl::Now();
  testing::TempDir dir_;
  testing::TestAuthority authority_;
  const IssuedCertificate good_ = authority_.Issue({});
  gateway::config::v1::Tls tls_;
};

TEST_F(TlsFilesTest, GoodFilesHaveNoProblemsAndTheirFactsAreRead) {
  const CertificateSpec spec = {.subject = {{"O", "Studio"}, {"CN", "gw"}}};
  const IssuedCertificate pair = authority_.Issue(spec);
  WritePair({pair.certificate + authority_.pem(), pair.key, ""});
  const TlsFiles files = ReadTlsFiles(tls_);
  ASSERT_EQ(files.Cause(), "");
  ASSERT_EQ(files.chain.size(), 2u);
  EXPECT_EQ(files.chain[0].subject, "CN=gw,O=Studio");
  EXPECT_EQ(files.chain[0].serial, pair.serial);
  EXPECT_EQ(absl::ToTimeT(files.chain[0].not_before), absl::ToTimeT(spec.not_before));
  EXPECT_EQ(absl::ToTimeT(files.chain[0].not_after), absl::ToTimeT(spec.not_after));
  EXPECT_EQ(files.authorities.size(), 1u);
  EXPECT_FALSE(files.key_is_public);
  EXPECT_THAT(Findings().errors, IsEmpty());
  EXPECT_THAT(Findings().warnings, IsEmpty());
}

TEST_F(TlsFilesTest, EveryUnusableFileIsNamedWithItsField) {
  struct Case {
    const char* name;
    std::string text;
    const char* field;
    const char* what;
  };
  const IssuedCertificate other = authority_.Issue({});
  const std::string broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  for (const Case& each : {
           Case{"server.pem", "", "server.tls.certificate_file", " is empty"},
           Case{"server.pem", " \n", "server.tls.certificate_file", " is empty"},
           Case{"server.pem", "garbage", "server.tls.certificate_file", "contains no PEM certificate"},
           Case{"server.pem", good_.key, "server.tls.certificate_file", "contains no PEM certificate"},
           Case{"server.pem", broken, "server.tls.certificate_file", "cannot be parsed"},
           Case{"server.pem", good_.certificate + broken, "server.tls.certificate_file", "cannot be parsed"},
           Case{"server.pem", good_.certificate + good_.certificate.substr(0, 200), "server.tls.certificate_file",
                "cannot be parsed"},
           Case{"server.pem", other.certificate, "server.tls.private_key_file", "does not belong to the first"},
           Case{"server.pem", authority_.pem() + good_.certificate, "server.tls.private_key_file",
                "does not belong to the first certificate"},
           Case{"server.key", "", "server.tls.private_key_file", " is empty"},
           Case{"server.key", "\n", "server.tls.private_key_file", " is empty"},
           Case{"server.key", "garbage", "server.tls.private_key_file", "contains no PEM private key"},
           Case{"server.key", good_.certificate, "server.tls.private_key_file", "contains no PEM private key"},
           Case{"server.key", good_.key.substr(0, 100), "server.tls.private_key_file", "contains no PEM private key"},
           Case{"server.key", other.key, "server.tls.private_key_file", "does not belong to the first certificate"},
           Case{"server.key", testing::EncryptKey(good_.key), "server.tls.private_key_file",
                "is encrypted: the key must have no passphrase"},
           Case{"ca.pem", "", "server.tls.client_ca_file", " is empty"},
           Case{"ca.pem", "garbage", "server.tls.client_ca_file", "contains no PEM certificate"},
           Case{"ca.pem", std::string(5 << 20, 'x'), "server.tls.client_ca_file", "has more than"},
       }) {
    WritePair(good_);
    Write("ca.pem", authority_.pem());
    ASSERT_EQ(Cause(), "");
    Write(each.name, each.text);
    EXPECT_THAT(Cause(), AllOf(HasSubstr(each.field), HasSubstr("file " + dir_.File(each.name).substr(0, 8)),
                               HasSubstr(each.what)))
        << each.name << "\n"
        << each.text.substr(0, 100);
  }
}

TEST_F(TlsFilesTest, MissingFilesDirectoriesAndPipesAreNamedAndNotWaitedFor) {
  tls_.set_certificate_file(dir_.File("none"));
  tls_.set_private_key_file(dir_.path());
  ASSERT_EQ(mkfifo(dir_.File("fifo").c_str(), 0600), 0);
  tls_.set_client_ca_file(dir_.File("fifo"));
  EXPECT_THAT(Cause(), AllOf(HasSubstr("server.tls.certificate_file: file " + dir_.File("none") + " cannot be opened"),
                             HasSubstr("server.tls.private_key_file: file " + dir_.path() + " is a directory"),
                             HasSubstr("server.tls.client_ca_file: file " + dir_.File("fifo") + " is not a regular")));
}

TEST_F(TlsFilesTest, KeyThatOpenSslFindsTooShortIsRefused) {
  WritePair(authority_.Issue({.rsa_bits = 512}));
  EXPECT_THAT(Cause(), HasSubstr("too small"));
}

TEST_F(TlsFilesTest, DatesAreErrorsWhenNobodyCanConnectElseWarnings) {
  WritePair(authority_.Issue({.not_after = now_ - absl::Minutes(1)}));
  ASSERT_EQ(Cause(), "");
  ASSERT_EQ(Findings().errors.size(), 1u);
  EXPECT_EQ(Findings().errors[0].field, "server.tls.certificate_file");
  EXPECT_THAT(Findings().errors[0].what, AllOf(HasSubstr(dir_.File("server.pem")), HasSubstr("CN=server` expired on")));

  WritePair(authority_.Issue({.not_after = now_ + absl::Hours(24 * 13)}));
  EXPECT_THAT(Findings().errors, IsEmpty());
  ASSERT_EQ(Findings().warnings.size(), 1u);
  EXPECT_THAT(Findings().warnings[0].what, HasSubstr("expires on"));

  WritePair(authority_.Issue({.not_before = now_ + absl::Hours(1)}));
  EXPECT_THAT(Findings().errors, IsEmpty());
  ASSERT_EQ(Findings().warnings.size(), 1u);
  EXPECT_THAT(Findings().warnings[0].what, HasSubstr("is not valid yet"));
}

TEST_F(TlsFilesTest, OneExpiredAuthorityOfABundleIsAWarningAllAreAnError) {
  const testing::TestAuthority expired({.subject = {{"CN", "old"}}, .not_after = now_ - absl::Minutes(1)});
  Write("ca.pem", expired.pem() + authority_.pem());
  EXPECT_THAT(Findings().errors, IsEmpty());
  ASSERT_EQ(Findings().warnings.size(), 1u);
  EXPECT_THAT(Findings().warnings[0].what, HasSubstr("CN=old` expired on"));
  Write("ca.pem", expired.pem());
  ASSERT_EQ(Findings().errors.size(), 1u);
  EXPECT_EQ(Findings().errors[0].field, "server.tls.client_ca_file");
}

TEST_F(TlsFilesTest, AnExpiredCertificateBehindTheServersOwnIsAWarning) {
  const testing::TestAuthority expired({.subject = {{"CN", "old"}}, .not_after = now_ - absl::Minutes(1)});
  const auto pair = authority_.Issue({});
  WritePair(pair);
  Write("server.pem", pair.certificate + expired.pem());
  EXPECT_THAT(Findings().errors, IsEmpty());
  ASSERT_EQ(Findings().warnings.size(), 1u);
  EXPECT_THAT(Findings().warnings[0].what, HasSubstr("CN=old` expired on"));
}

TEST_F(TlsFilesTest, KeyThatEverybodyCanReadIsAWarning) {
  ASSERT_EQ(chmod(dir_.File("server.key").c_str(), 0644), 0);
  ASSERT_EQ(Findings().warnings.size(), 1u);
  EXPECT_EQ(Findings().warnings[0].field, "server.tls.private_key_file");
  EXPECT_THAT(Findings().warnings[0].what, HasSubstr("is readable by every user"));
}

}  // namespace
}  // namespace seedance::config
