// Bytes that come from the vendor, and files that go to it.
#include "tests/contract/upstream/upstream_contract.h"
#include "tests/unit/http/text_source.h"

namespace seedance::testing {
namespace {

using base::Reason;

constexpr char kFile[] = "\x89PNG bytes of a picture";

// Keeps what it is given, and leaves after `most` bytes.
class Kept : public upstream::ResultSink {
 public:
  explicit Kept(size_t most = std::string::npos) : most_(most) {}
  bool OnStart(int64_t total_size, const std::string& content_type) override {
    ++starts_;
    total_size_ = total_size;
    content_type_ = content_type;
    return true;
  }
  bool OnBytes(std::string_view bytes) override {
    bytes_.append(bytes);
    return bytes_.size() < most_;
  }

  int starts() const { return starts_; }
  int64_t total_size() const { return total_size_; }
  const std::string& content_type() const { return content_type_; }
  const std::string& bytes() const { return bytes_; }

 private:
  const size_t most_;
  int starts_ = 0;
  int64_t total_size_ = -1;
  std::string content_type_;
  std::string bytes_;
};

class ResultContract : public UpstreamContract {
 protected:
  void SetUp() override {
    UpstreamContract::SetUp();
    const std::string id = NewTask("a fox");
    Advance(kTaskTime * 2);
    link_ = Must(tasks().GetTask({}, id)).result.video_uri;
  }

  absl::Status Fetch(int64_t offset, int64_t limit, Kept& kept, const upstream::CallOptions& call = {}) {
    return tasks().FetchResult(call, link_, offset, limit, kept);
  }

 private:
  std::string link_;
};

TEST_P(ResultContract, ResultIsReadWholeAndInParts) {
  Kept whole;
  const absl::Status fetched = Fetch(0, 0, whole);
  ASSERT_TRUE(fetched.ok()) << fetched;
  EXPECT_EQ(whole.starts(), 1);
  EXPECT_EQ(whole.total_size(), static_cast<int64_t>(whole.bytes().size()));
  EXPECT_EQ(whole.content_type(), "video/mp4");
  EXPECT_EQ(whole.bytes().substr(4, 4), "ftyp");
  Kept part;
  EXPECT_TRUE(Fetch(100, 50, part).ok());
  EXPECT_EQ(part.total_size(), whole.total_size());
  EXPECT_EQ(part.bytes(), whole.bytes().substr(100, 50));
  Kept rest;
  EXPECT_TRUE(Fetch(whole.total_size() - 10, 0, rest).ok());
  EXPECT_EQ(rest.bytes(), whole.bytes().substr(whole.bytes().size() - 10));
}

TEST_P(ResultContract, OffsetBeyondTheEndIsOutOfRange) {
  Kept kept;
  EXPECT_EQ(ReasonOf(Fetch(int64_t{1} << 40, 0, kept)), NameOf(Reason::kSizeOutOfRange));
  EXPECT_EQ(kept.bytes(), "");
}

TEST_P(ResultContract, LinkDies) {
  Advance(absl::Hours(13));
  Kept kept;
  EXPECT_EQ(ReasonOf(Fetch(0, 0, kept)), NameOf(Reason::kResultExpired));
  EXPECT_EQ(kept.starts(), 0);
}

TEST_P(ResultContract, StorageThatFailsIsUnavailable) {
  for (const char* kind : {"html", "drop_reply", "truncate", "reset"}) {
    Break({.kind = kind});
    Kept kept;
    EXPECT_EQ(ReasonOf(Fetch(0, 0, kept)), NameOf(Reason::kUpstreamUnavailable)) << kind;
    Mend();
  }
}

TEST_P(ResultContract, ReaderThatLeavesAndCallerThatLeavesCancel) {
  Kept enough(1);
  EXPECT_EQ(ReasonOf(Fetch(0, 0, enough)), NameOf(Reason::kCancelled));
  upstream::CallOptions call;
  call.cancel = std::make_shared<base::CancelToken>();
  call.cancel->Cancel();
  Kept kept;
  EXPECT_EQ(ReasonOf(Fetch(0, 0, kept, call)), NameOf(Reason::kCancelled));
}

TEST_P(FileContract, FileCanBeFetchedFromItsUrl) {
  http::TextSource bytes(kFile, 3);
  const auto url = files().UploadToVendor({}, "hero.png", bytes);
  ASSERT_TRUE(url.ok()) << url.status();
  Kept kept;
  const absl::Status fetched = tasks().FetchResult({}, *url, 0, 0, kept);
  EXPECT_TRUE(fetched.ok()) << fetched;
  EXPECT_EQ(kept.bytes(), kFile);
  EXPECT_TRUE(Must(sandbox().Ledger()).bills.empty());
}

TEST_P(FileContract, FileThatBreaksOffIsToldAsItIs) {
  class BrokenFile : public http::ByteSource {
   public:
    absl::StatusOr<std::string> Next() override { return base::InvalidField("asset.media", "too small"); }
    std::optional<int64_t> Size() const override { return 1000; }
  } broken;
  const absl::Status status = files().UploadToVendor({}, "hero.png", broken).status();
  EXPECT_EQ(ReasonOf(status), NameOf(Reason::kInvalidInput)) << status;
}

INSTANTIATE_TEST_SUITE_P(Dialects, ResultContract, ::testing::ValuesIn(AllDialects()), DialectName);
INSTANTIATE_TEST_SUITE_P(Dialects, FileContract, ::testing::ValuesIn(DialectsWith(Capability::kFiles)), DialectName);

}  // namespace
}  // namespace seedance::testing
