#include "service/server/tls_reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_authority.h"

namespace seedance::server {
namespace {

using ::testing::HasSubstr;
using testing::IssuedCertificate;

class TlsReloaderTest : public ::testing::Test {
 protected:
  TlsReloaderTest() {
    tls_.set_certificate_file(dir_.File("server.pem"));
    tls_.set_private_key_file(dir_.File("server.key"));
    tls_.mutable_refresh_interval()->set_seconds(10);
  }

  void Write(const IssuedCertificate& pair) {
    ASSERT_TRUE(testing::WriteFile(dir_.File("server.pem"), pair.certificate));
    ASSERT_TRUE(testing::WriteFile(dir_.File("server.key"), pair.key));
  }
  // Of a reloader that read `pair` at its start.
  void Begin(const IssuedCertificate& pair) {
    Write(pair);
    reloader_ = std::make_unique<TlsReloader>(tls_, config::ReadTlsFiles(tls_), metrics_, clock_);
  }
  std::string Serial() const { return reloader_->current()->chain.front().serial; }
  void CheckTwice() {
    reloader_->Check();
    reloader_->Check();
  }
  // By the metric of that role; -1000: it has none.
  double DaysLeft(const std::string& role) {
    const std::string text = metrics_.Scrape();
    const std::string name = absl::StrCat("seedance_tls_certificate_expiry_timestamp_seconds{role=\"", role, "\"} ");
    const size_t at = text.find(name);
    if (at == std::string::npos) return -1000;
    return (std::strtod(text.c_str() + at + name.size(), nullptr) - absl::ToDoubleSeconds(now_ - absl::UnixEpoch())) /
           86400;
  }
  bool Shows(const std::string& line) { return metrics_.Scrape().find(line + "\n") != std::string::npos; }

  const absl::Time now_ = absl::Now();
  base::SimulatedClock clock_{now_};
  base::Metrics metrics_;
  testing::TempDir dir_;
  testing::TestAuthority authority_;
  const IssuedCertificate one_ = authority_.Issue({});
  const IssuedCertificate two_ = authority_.Issue({});
  gateway::config::v1::Tls tls_;
  std::unique_ptr<TlsReloader> reloader_;
};

TEST_F(TlsReloaderTest, ChangeIsTakenWhenTwoReadingsFindTheSame) {
  Begin(one_);
  const std::shared_ptr<const config::TlsFiles> first = reloader_->current();
  EXPECT_EQ(reloader_->Check(), absl::Seconds(10));
  EXPECT_EQ(reloader_->current(), first) << "nothing changed";
  Write(two_);
  EXPECT_EQ(reloader_->Check(), absl::Seconds(1)) << "the second reading comes soon";
  EXPECT_EQ(Serial(), one_.serial);
  EXPECT_EQ(reloader_->Check(), absl::Seconds(10));
  EXPECT_EQ(Serial(), two_.serial);
  EXPECT_EQ(first->chain.front().serial, one_.serial) << "whoever holds the old one keeps it";
  EXPECT_TRUE(Shows("seedance_tls_reloads_total{result=\"taken\"} 1"));
}

TEST_F(TlsReloaderTest, PairThatIsBeingRewrittenIsNotTakenHalf) {
  Begin(one_);
  const IssuedCertificate chain = {two_.certificate + authority_.pem(), two_.key, two_.serial};
  Write({two_.certificate, one_.key, ""});
  reloader_->Check();
  Write({two_.certificate, two_.key, ""});  // Usable, but the chain is not whole yet.
  reloader_->Check();
  Write(chain);
  reloader_->Check();
  EXPECT_EQ(Serial(), one_.serial);
  reloader_->Check();
  EXPECT_EQ(reloader_->current()->chain.size(), 2u);
  EXPECT_TRUE(Shows("seedance_tls_reloads_total{result=\"refused\"} 0"));
  EXPECT_TRUE(Shows("seedance_tls_reloads_total{result=\"taken\"} 1"));
}

TEST_F(TlsReloaderTest, UnusableFilesAreRefusedOnceEachAndTheLastUsableOnesStay) {
  Begin(one_);
  const IssuedCertificate bad[] = {{one_.certificate, "", ""},
                                   {"", one_.key, ""},
                                   {"garbage", one_.key, ""},
                                   {two_.certificate, one_.key, ""},
                                   {one_.certificate, testing::EncryptKey(one_.key), ""}};
  int refused = 0;
  for (const IssuedCertificate& each : bad) {
    Write(each);
    for (int i = 0; i < 5; ++i) reloader_->Check();
    EXPECT_EQ(Serial(), one_.serial);
    EXPECT_TRUE(Shows(absl::StrCat("seedance_tls_reloads_total{result=\"refused\"} ", ++refused)));
    EXPECT_TRUE(Shows("seedance_tls_files_refused 1"));
  }
  remove(dir_.File("server.key").c_str());
  CheckTwice();
  EXPECT_EQ(Serial(), one_.serial);
  Write(two_);
  CheckTwice();
  EXPECT_EQ(Serial(), two_.serial);
  EXPECT_TRUE(Shows("seedance_tls_files_refused 0"));
}

TEST_F(TlsReloaderTest, OldFilesPutBackEndTheRefusal) {
  Begin(one_);
  Write({one_.certificate, "", ""});
  CheckTwice();
  EXPECT_TRUE(Shows("seedance_tls_files_refused 1"));
  Write(one_);
  reloader_->Check();
  EXPECT_TRUE(Shows("seedance_tls_files_refused 0"));
  EXPECT_TRUE(Shows("seedance_tls_reloads_total{result=\"taken\"} 0"));
}

// A volume of Kubernetes: the files are links through `..data`, which is replaced by a rename.
TEST_F(TlsReloaderTest, SwapOfADirectoryLinkIsSeen) {
  const auto fill = [&](const std::string& folder, const IssuedCertificate& pair) {
    std::filesystem::create_directory(dir_.File(folder));
    ASSERT_TRUE(testing::WriteFile(dir_.File(folder + "/server.pem"), pair.certificate));
    ASSERT_TRUE(testing::WriteFile(dir_.File(folder + "/server.key"), pair.key));
  };
  fill("..1", one_);
  fill("..2", two_);
  std::filesystem::create_symlink("..1", dir_.File("..data"));
  std::filesystem::create_symlink("..data/server.pem", dir_.File("server.pem"));
  std::filesystem::create_symlink("..data/server.key", dir_.File("server.key"));
  reloader_ = std::make_unique<TlsReloader>(tls_, config::ReadTlsFiles(tls_), metrics_, clock_);
  EXPECT_EQ(Serial(), one_.serial);
  std::filesystem::create_symlink("..2", dir_.File("..data_tmp"));
  std::filesystem::rename(dir_.File("..data_tmp"), dir_.File("..data"));
  CheckTwice();
  EXPECT_EQ(Serial(), two_.serial);
}

TEST_F(TlsReloaderTest, ExpiredReplacementOfAValidCertificateIsRefused) {
  Begin(one_);
  Write(authority_.Issue({.not_after = now_ - absl::Minutes(1)}));
  CheckTwice();
  EXPECT_EQ(Serial(), one_.serial);
  EXPECT_TRUE(Shows("seedance_tls_files_refused 1"));
}

TEST_F(TlsReloaderTest, ReplacementThatIsNotValidYetIsTakenWhenItIs) {
  Begin(one_);
  const IssuedCertificate early = authority_.Issue({.not_before = now_ + absl::Hours(2)});
  Write(early);
  CheckTwice();
  EXPECT_EQ(Serial(), one_.serial);
  clock_.Advance(absl::Hours(3));
  reloader_->Check();
  EXPECT_EQ(Serial(), early.serial);
}

TEST_F(TlsReloaderTest, AnyReplacementOfAnExpiredCertificateIsTaken) {
  Begin(authority_.Issue({.not_after = now_ - absl::Minutes(2)}));
  const IssuedCertificate other = authority_.Issue({.not_after = now_ - absl::Minutes(1)});
  Write(other);
  CheckTwice();
  EXPECT_EQ(Serial(), other.serial);
}

TEST_F(TlsReloaderTest, ExpiryOfEachRoleIsAMetric) {
  ASSERT_TRUE(testing::WriteFile(dir_.File("ca.pem"), authority_.pem()));
  tls_.set_client_ca_file(dir_.File("ca.pem"));
  Begin(authority_.Issue({.not_after = now_ + absl::Hours(24 * 20)}));
  EXPECT_NEAR(DaysLeft("server"), 20, 0.1);
  EXPECT_NEAR(DaysLeft("client_ca"), 100, 0.1);
}

TEST_F(TlsReloaderTest, ExpiryIsWarnedOfAtTheStartAndDaily) {
  const auto lines = [](const std::string& text) {
    int count = 0;
    for (size_t at = text.find("tls_certificate_expire"); at != std::string::npos;
         at = text.find("tls_certificate_expire", at + 1)) {
      ++count;
    }
    return count;
  };
  ::testing::internal::CaptureStderr();
  Begin(authority_.Issue({.not_after = now_ + absl::Hours(24 * 16 + 1)}));
  EXPECT_EQ(lines(::testing::internal::GetCapturedStderr()), 0);
  ::testing::internal::CaptureStderr();
  for (int hour = 0; hour < 24 * 5; hour += 6) {
    clock_.Advance(absl::Hours(6));
    reloader_->Check();
  }
  EXPECT_EQ(lines(::testing::internal::GetCapturedStderr()), 3) << "two days and six hours later, then daily";
  ::testing::internal::CaptureStderr();
  Begin(authority_.Issue({.not_after = clock_.Now() - absl::Hours(1)}));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("tls_certificate_expired"));
}

TEST_F(TlsReloaderTest, StartReadsTheFilesAndFollowsThem) {
  Write({one_.certificate, "", ""});
  auto bad = TlsReloader::Start(tls_, metrics_, clock_);
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(bad.status().message()), HasSubstr("server.tls.private_key_file"));
  Write(one_);
  auto good = TlsReloader::Start(tls_, metrics_, clock_);
  ASSERT_TRUE(good.ok()) << good.status();
  Write(two_);
  EXPECT_TRUE(testing::Eventually([&] {
    clock_.Advance(absl::Seconds(10));
    return (*good)->current()->chain.front().serial == two_.serial;
  }));
}

}  // namespace
}  // namespace seedance::server
