#ifndef SEEDANCE_TESTS_UNIT_CLIENT_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_CLIENT_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/cpp/client.h"
#include "tests/unit/client/fake_gateway.h"

namespace seedance::client {

// A fake gateway and a client of it that waits for nothing: the waits it wanted are in `waits`.
class ClientTest : public ::testing::Test {
 protected:
  // Options of a client of `endpoint` without chance (jitter is the longest) and without waiting.
  ClientOptions OptionsFor(const std::string& endpoint) {
    ClientOptions options;
    options.endpoint = endpoint;
    options.timing.random = [] { return 1.0; };
    options.timing.wait = [this](absl::Duration delay) { waits.push_back(delay); };
    return options;
  }

  std::unique_ptr<Client> ClientFor(const ClientOptions& options) {
    auto made = Client::Create(options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  FakeGateway gateway;
  std::vector<absl::Duration> waits;
  std::unique_ptr<Client> client = ClientFor(OptionsFor(gateway.endpoint()));
};

// A folder of its own for one test.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "seedance-client-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(File(name), std::ios::binary) << content;
    return File(name);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(File(name), std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace seedance::client

#endif  // SEEDANCE_TESTS_UNIT_CLIENT_FIXTURE_H_
