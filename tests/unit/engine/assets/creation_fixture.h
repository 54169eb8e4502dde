#ifndef SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_CREATION_FIXTURE_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_CREATION_FIXTURE_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "service/base/mutex.h"
#include "service/upstream/media_fetch.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/media_files.h"
#include "tests/unit/engine/pieces.h"

namespace seedance::testing {

// Files behind URLs, in memory.
class FakeFetcher : public upstream::MediaFetcher {
 public:
  void SetFile(const std::string& uri, std::string bytes) { files_[uri] = std::move(bytes); }
  void AnswerWith(absl::Status error) { error_ = std::move(error); }
  int reads() const { return reads_; }
  int64_t bytes_read() const { return bytes_read_; }

  absl::StatusOr<upstream::FetchedMedia> Read(const upstream::CallOptions&, const std::string& uri, bool whole,
                                              upstream::MediaReader& reader) override {
    ++reads_;
    if (!error_.ok()) return error_;
    const auto file = files_.find(uri);
    if (file == files_.end()) return Failure(base::Reason::kUpstreamUnavailable, "the server answered 404");
    const auto size = static_cast<int64_t>(file->second.size());
    if (!reader.OnStart(size)) return upstream::FetchedMedia{size, false};
    for (int64_t at = 0; at < size;) {
      const int64_t skip = whole ? 0 : std::min(reader.Skippable(), size - at);
      if (skip > 0) reader.OnSkip(skip);
      at += skip;
      const std::string piece = file->second.substr(static_cast<size_t>(at), 10'000);
      at += std::ssize(piece);
      bytes_read_ += std::ssize(piece);
      if (!piece.empty() && !reader.OnBytes(piece)) return upstream::FetchedMedia{size, false};
    }
    return upstream::FetchedMedia{size, true};
  }

 private:
  std::map<std::string, std::string> files_;
  absl::Status error_;
  std::atomic<int> reads_{0};
  std::atomic<int64_t> bytes_read_{0};
};

// EngineTest with uploads and files behind URLs.
class CreationTest : public EngineTest {
 protected:
  CreationTest() { options_.asset_creation.fetcher = fetcher_; }

  void Start() { EngineTest::Start(options_); }

  // Another request for the same bytes, under another name.
  static engine::CreateAssetParams TwinOf(const engine::CreateAssetParams& params) {
    engine::CreateAssetParams twin = params;
    twin.request_id = Uuid(1);
    twin.display_name = "twin";
    return twin;
  }
  void Restart() { EngineTest::Restart(options_); }

  absl::StatusOr<model::Asset> Upload(const engine::UploadAssetParams& params, std::vector<std::string> pieces,
                                      absl::Status end = absl::OkStatus()) {
    Answer<model::Asset> answer;
    engine_->assets().Upload(Caller(), params, std::make_shared<Pieces>(std::move(pieces), std::move(end)),
                             answer.done());
    return answer.Wait();
  }

  static engine::UploadAssetParams FileUpload(const model::UpstreamHandle& group, const std::string& file_name) {
    engine::UploadAssetParams params;
    params.group = group;
    params.display_name = "hero";
    params.file_name = file_name;
    params.request_id = kRequestId;
    return params;
  }

  static engine::CreateAssetParams Inline(const model::UpstreamHandle& group, const std::string& bytes) {
    engine::CreateAssetParams params = GoodAsset(group, "hero");
    params.uri.clear();
    params.inline_data = bytes;
    return params;
  }

  static engine::CreateAssetParams Text(const model::UpstreamHandle& group, const std::string& uri) {
    engine::CreateAssetParams params = GoodAsset(group, "hero");
    params.uri = uri;
    return params;
  }

  static std::string DataUri(const std::string& type, const std::string& bytes) {
    return "data:" + type + ";base64," + absl::Base64Escape(bytes);
  }

  static std::string Uuid(int number) {
    const std::string digits = std::to_string(100000 + number);
    return "0190f5fe-7c00-7a00-8000-000000" + digits;
  }

  // The vendor takes nothing but URLs.
  void OnlyUrls(int64_t max_staged_bytes) {
    vendor_.profile().assets.bytes = false;
    vendor_.profile().assets.data_uris = false;
    vendor_.profile().assets.max_staged_bytes = max_staged_bytes;
  }

  std::shared_ptr<FakeFetcher> fetcher_ = std::make_shared<FakeFetcher>();
  engine::Engine::Options options_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_ASSETS_CREATION_FIXTURE_H_
