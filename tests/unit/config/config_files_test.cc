// Files that a configuration names: secrets, certificates, authorities.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "service/config/config.h"
#include "service/config/print_config.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_authority.h"

namespace seedance::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigFilesTest : public ::testing::Test {
 protected:
  ConfigFilesTest() {
    Write("key", "secret\n");
    Write("ca.pem", authority_.pem());
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(testing::WriteFile(dir_.File(name), text));
  }
  absl::StatusOr<GatewayConfig> Load(const std::string& http = "", const std::string& rest = "") {
    Write("gateway.yaml", absl::StrCat("upstreams: [{name: a, anyfast: {api_key: {file: '", dir_.File("key"),
                                       "'}, http: {", http, "}}}]\n", rest));
    return LoadConfig(dir_.File("gateway.yaml"));
  }
  std::string Problems(const std::string& http = "", const std::string& rest = "") {
    return std::string(Load(http, rest).status().message());
  }
  std::string Tls() {
    return absl::StrCat("server: {tls: {certificate_file: '", dir_.File("server.pem"), "', private_key_file: '",
                        dir_.File("server.key"), "'}}\n");
  }

  testing::TempDir dir_;
  testing::TestAuthority authority_;
};

TEST_F(ConfigFilesTest, WhiteSpaceAroundASecretIsDropped) {
  Write("key", " \n secret\r\n\n");
  const auto config = Load();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(ReadSecret(config->upstreams(0).anyfast().api_key())->Reveal(), "secret");
}

TEST_F(ConfigFilesTest, PasswordOfTheStoreIsReadAndNotPrinted) {
  const auto store = [&](const std::string& file) {
    return absl::StrCat("store: {postgres: {connection: host=db, password: {file: '", dir_.File(file), "'}}}\n");
  };
  EXPECT_THAT(Problems("", store("none")), HasSubstr("store.postgres.password: "));
  Write("password", "hush\n");
  const auto config = Load("", store("password"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(ReadSecret(config->store().postgres().password())->Reveal(), "hush");
  EXPECT_THAT(PrintConfig(*config, /*all=*/true), Not(HasSubstr("hush")));
}

TEST_F(ConfigFilesTest, SecretFilesThatCannotBeUsedAreNamedWithoutTheirContents) {
  const std::string field = "upstreams[0].anyfast.api_key: file " + dir_.File("key");
  Write("key", "");
  EXPECT_THAT(Problems(), HasSubstr(field + " is missing or empty"));
  Write("key", " \n");
  EXPECT_THAT(Problems(), HasSubstr(field + " is missing or empty"));
  Write("key", "hush\nX-Injected: yes");
  EXPECT_THAT(Problems(), AllOf(HasSubstr(field + " contains a line break"), Not(HasSubstr("hush"))));
  Write("key", std::string("hu\0sh", 5));
  EXPECT_THAT(Problems(), HasSubstr(field + " contains a line break or another control character"));
  Write("key", std::string(20'000, 'x'));
  EXPECT_THAT(Problems(), HasSubstr(field + " has more than 16384 bytes"));
  remove(dir_.File("key").c_str());
  EXPECT_THAT(Problems(), HasSubstr(field + " cannot be opened"));
  ASSERT_EQ(mkfifo(dir_.File("key").c_str(), 0600), 0);
  EXPECT_THAT(Problems(), HasSubstr(field + " is not a regular file"));
  remove(dir_.File("key").c_str());
  ASSERT_EQ(mkdir(dir_.File("key").c_str(), 0700), 0);
  EXPECT_THAT(Problems(), HasSubstr(field + " is a directory"));
}

TEST_F(ConfigFilesTest, AuthoritiesOfUpstreamsAndMediaFetchAreRead) {
  const std::string ca = absl::StrCat("ca_file: '", dir_.File("ca.pem"), "'");
  const std::string fetch = absl::StrCat("media_fetch: {", ca, "}\n");
  EXPECT_EQ(Problems(ca, fetch), "");
  Write("ca.pem", "garbage");
  EXPECT_THAT(Problems(ca, fetch),
              AllOf(HasSubstr("upstreams[0].anyfast.http.ca_file: file " + dir_.File("ca.pem") + " contains no PEM"),
                    HasSubstr("media_fetch.ca_file: file " + dir_.File("ca.pem") + " contains no PEM certificate")));
  EXPECT_THAT(Problems("ca_file: /nonexistent"), HasSubstr("ca_file: file /nonexistent cannot be opened"));
}

TEST_F(ConfigFilesTest, TlsFilesThatCannotBeUsedAreNamed) {
  const testing::IssuedCertificate pair = authority_.Issue({});
  Write("server.pem", pair.certificate);
  Write("server.key", "");
  EXPECT_THAT(Problems("", Tls()), HasSubstr("server.tls.private_key_file: file " + dir_.File("server.key")));
  Write("server.key", pair.key);
  EXPECT_EQ(Problems("", Tls()), "");
}

TEST_F(ConfigFilesTest, ExpiredCertificateStartsButIsFoundByTheCheck) {
  const testing::IssuedCertificate old = authority_.Issue({.not_after = absl::Now() - absl::Hours(2)});
  Write("server.pem", old.certificate);
  Write("server.key", old.key);
  ASSERT_EQ(chmod(dir_.File("server.key").c_str(), 0600), 0);
  const auto config = Load("", Tls());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(CheckCertificates(*config, absl::Now()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*CheckCertificates(*config, absl::Now() - absl::Hours(24 * 20)),
            "server.tls.certificate_file: file " + dir_.File("server.pem") + " is not valid yet");
}

}  // namespace
}  // namespace seedance::config
