// Generated media on both sides of every documented limit: no bad file reaches the vendor, no good one is refused. The
// limits are written down here once more, from the vendors' documents.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/media_builder.h"

namespace seedance::e2e {
namespace {

using testing::MediaSpec;
using testing::MovieLayout;

constexpr int64_t kMebibyte = 1 << 20;

// One file and what the vendor's documents say of it.
struct Sample {
  std::string name;
  std::string bytes;
  bool good = true;
  v1::MediaType type = v1::MEDIA_TYPE_UNSPECIFIED;
  std::string word = {};  // Of the rule that a bad one breaks.
};

class Samples {
 public:
  // `piapi`: bounds of sides and ratio are outside, and videos may have 1080 lines.
  explicit Samples(bool piapi) : piapi_(piapi) {
    for (const char* format : {"png", "jpeg", "gif", "webp", "bmp", "tiff", "heic", "heif"}) AddImages(format);
    for (const char* format : {"mp4", "mov"}) {
      for (const MovieLayout layout : {MovieLayout::kFirst, MovieLayout::kLast, MovieLayout::kFragmented}) {
        AddVideos(format, layout);
      }
    }
    AddSounds("wav", false);
    AddSounds("mp3", false);
    AddSounds("mp3", true);
    AddSizes();
    AddStrangers();
  }

  std::vector<Sample> Take() { return std::move(samples_); }

 private:
  void Add(const std::string& what, const MediaSpec& spec, bool good, const std::string& word = "") {
    samples_.push_back({absl::StrCat(samples_.size(), " ", spec.format, " ", what), testing::MakeMedia(spec), good,
                        v1::MEDIA_TYPE_UNSPECIFIED, word});
  }

  void AddImages(const std::string& format) {
    const bool edge = !piapi_;  // Whether a bound itself is inside.
    struct Row {
      int width;
      int height;
      bool good;
      const char* word;
    };
    for (const Row& row : std::vector<Row>{{640, 480, true, ""},
                                           {301, 301, true, ""},
                                           {300, 301, edge, "width"},
                                           {299, 300, false, "width"},
                                           {301, 299, false, "is 299 px"},
                                           {5999, 5999, true, ""},
                                           {6000, 5999, edge, "6000"},
                                           {6001, 6000, false, "6001"},
                                           {5000, 6001, false, "6001"},
                                           {401, 1000, true, ""},
                                           {400, 1000, edge, "width / height"},
                                           {399, 1000, false, "width / height"},
                                           {999, 400, true, ""},
                                           {1000, 400, edge, "width / height"},
                                           {1001, 400, false, "width / height"}}) {
      MediaSpec spec;
      spec.format = format;
      spec.width = row.width;
      spec.height = row.height;
      Add(absl::StrCat(row.width, "x", row.height), spec, row.good, row.word);
    }
    if (format == "jpeg" || format == "heic") {
      MediaSpec turned;
      turned.format = format;
      turned.width = 1001;
      turned.height = 2500;
      turned.quarter_turns = 1;
      Add("2500x1001, stored turned", turned, true);
      turned.width = 999;
      Add("2500x999, stored turned", turned, false, "width / height");
    }
  }

  void AddVideos(const std::string& format, MovieLayout layout) {
    MediaSpec usual;
    usual.format = format;
    usual.layout = layout;
    usual.width = 1280;
    usual.height = 720;
    const auto With = [&](const std::string& what, auto change, bool good, const std::string& word = "") {
      MediaSpec spec = usual;
      change(spec);
      Add(absl::StrCat(what, " layout ", static_cast<int>(layout)), spec, good, word);
    };
    for (const auto& [seconds, good] : std::vector<std::pair<double, bool>>{
             {1.75, false}, {2, true}, {5, true}, {15, true}, {15.25, false}, {60, false}}) {
      With(
          absl::StrCat(seconds, " s"), [s = seconds](MediaSpec& spec) { spec.seconds = s; }, good, "duration");
    }
    for (const auto& [rate, good] : std::vector<std::pair<double, bool>>{
             {15, false}, {23, false}, {23.976, true}, {24, true}, {29.97, true}, {60, true}, {61, false}}) {
      With(
          absl::StrCat(rate, " fps"), [r = rate](MediaSpec& spec) { spec.frame_rate = r; }, good, "rate");
    }
    struct Row {
      int width;
      int height;
      bool good;
    };
    for (const Row& row : std::vector<Row>{{640, 480, false},  // 307,200 pixels.
                                           {854, 480, true},
                                           {480, 854, true},
                                           {1112, 834, true},
                                           {1470, 630, true},
                                           {1280, 768, piapi_},
                                           {1920, 1080, piapi_},
                                           {2206, 946, piapi_},
                                           {2560, 1440, false},
                                           {3840, 2160, false}}) {
      With(
          absl::StrCat(row.width, "x", row.height),
          [&row](MediaSpec& spec) {
            spec.width = row.width;
            spec.height = row.height;
          },
          row.good, "width * height");
    }
  }

  void AddSounds(const std::string& format, bool variable_rate) {
    for (const auto& [seconds, good] : std::vector<std::pair<double, bool>>{
             {1, false}, {1.85, false}, {2, true}, {7, true}, {15, true}, {15.25, false}, {30, false}}) {
      MediaSpec spec;
      spec.format = format;
      spec.variable_rate = variable_rate;
      spec.seconds = seconds;
      Add(absl::StrCat(seconds, variable_rate ? " s, variable" : " s"), spec, good, "duration");
    }
  }

  void AddSizes() {
    const auto OfSize = [&](const std::string& format, int64_t mebibytes, bool good) {
      MediaSpec spec;
      spec.format = format;
      spec.width = 1280;
      spec.height = 720;
      spec.size_bytes = mebibytes * kMebibyte;
      Add(absl::StrCat(mebibytes, " MiB"), spec, good, "bytes");
    };
    OfSize("png", 29, true);
    OfSize("png", 31, false);
    OfSize("mp4", 49, true);
    OfSize("mp4", 51, false);
    OfSize("mp3", 16, false);
    OfSize("wav", 16, false);
  }

  // Files that are not what they should be.
  void AddStrangers() {
    MediaSpec avif;
    avif.format = "avif";
    Add("is not taken", avif, false, "avif");
    const auto AddBytes = [&](const std::string& name, const std::string& bytes, v1::MediaType type,
                              const std::string& word) {
      samples_.push_back({absl::StrCat(samples_.size(), " ", name), bytes, false, type, word});
    };
    MediaSpec png;
    MediaSpec mp4;
    mp4.format = "mp4";
    mp4.width = 1280;
    mp4.height = 720;
    AddBytes("picture said to be a video", testing::MakeMedia(png), v1::MEDIA_TYPE_VIDEO, "");
    AddBytes("video said to be a picture", testing::MakeMedia(mp4), v1::MEDIA_TYPE_IMAGE, "");
    AddBytes("text", std::string(5000, 'x'), v1::MEDIA_TYPE_IMAGE, "");
    AddBytes("page", "<html><body>404</body></html>", v1::MEDIA_TYPE_IMAGE, "");
    const std::string whole = testing::MakeMedia(mp4);
    AddBytes("video cut in the middle", whole.substr(0, whole.size() / 2), v1::MEDIA_TYPE_VIDEO, "");
    AddBytes("picture cut in its header", testing::MakeMedia(png).substr(0, 20), v1::MEDIA_TYPE_IMAGE, "");
  }

  const bool piapi_;
  std::vector<Sample> samples_;
};

class MediaLimitsTest : public E2eTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast, {"--piapi-max-assets", "1000"});
    testing::GatewayOptions options = DialectOptions(GetParam());
    options.staging = piapi();
    if (piapi()) options.upstream_lines = {"limits: {assets: {max_assets: 1000}}"};
    StartGateway(options);
  }

  bool piapi() const { return GetParam() == "piapi"; }
};

TEST_P(MediaLimitsTest, NoBadFileReachesTheVendorAndNoGoodOneIsRefused) {
  const std::string group = NewGroup();
  const std::vector<Sample> samples = Samples(piapi()).Take();
  EXPECT_GE(samples.size(), 250u);
  int64_t good = 0;
  for (const Sample& sample : samples) {
    v1::UploadAssetRequest::Metadata metadata;
    metadata.mutable_asset()->set_asset_group(group);
    metadata.mutable_asset()->set_display_name(sample.name);
    metadata.mutable_asset()->set_media_type(sample.type);
    metadata.set_file_name("file");  // Goes by content, not by name.
    metadata.set_size_bytes(static_cast<int64_t>(sample.bytes.size()));
    const Answer<v1::Asset> answer = api().Upload(metadata, sample.bytes);
    good += sample.good;
    if (sample.good) {
      EXPECT_TRUE(answer.ok()) << sample.name << ": " << answer.status.error_message();
      continue;
    }
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << sample.name << ": " << answer.status.error_message();
    EXPECT_FALSE(answer.error().violations.empty()) << sample.name;
    EXPECT_THAT(answer.status.error_message(), ::testing::HasSubstr(sample.word)) << sample.name;
  }
  EXPECT_EQ(Bills("CreateAsset"), good);
  EXPECT_EQ(Requests(piapi() ? "POST /api/v1/asset/upload" : kAssetRoute), good);
  EXPECT_EQ(static_cast<int64_t>(Must(sandbox().Assets()).size()), good);
}

INSTANTIATE_TEST_SUITE_P(Vendors, MediaLimitsTest, ::testing::Values("anyfast", "piapi"),
                         [](const auto& vendor) { return vendor.param; });

}  // namespace
}  // namespace seedance::e2e
