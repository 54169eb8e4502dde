#include "service/base/line_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

namespace seedance::base {
namespace {

class LineWriterTest : public ::testing::Test {
 protected:
  LineWriterTest() {
    EXPECT_EQ(pipe(ends_), 0);
    writer_ = std::make_unique<LineWriter>(ends_[1]);
  }
  ~LineWriterTest() override {
    writer_.reset();
    CloseWriteEnd();
    close(ends_[0]);
  }

  void CloseWriteEnd() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  // Blocks until there is something, or the other end is closed.
  std::string Read() {
    std::string bytes(1 << 16, '\0');
    const ssize_t size = read(ends_[0], bytes.data(), bytes.size());
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }
  std::string ReadAll() {
    std::string all;
    for (std::string some; !(some = Read()).empty();) all += some;
    return all;
  }

  int ends_[2];
  std::unique_ptr<LineWriter> writer_;
};

TEST_F(LineWriterTest, LinesComeByThemselves) {
  writer_->Write("first\n");
  EXPECT_EQ(Read(), "first\n");
  writer_->Write("second\n");
  EXPECT_EQ(Read(), "second\n");
}

TEST_F(LineWriterTest, FlushHasWrittenWhenItReturns) {
  writer_->Write("a\n");
  writer_->Write("b\n");
  writer_->Flush();
  CloseWriteEnd();  // What is not written by now never comes.
  EXPECT_EQ(ReadAll(), "a\nb\n");
}

TEST_F(LineWriterTest, ALineThatIsWrittenNowComesAfterThoseBefore) {
  writer_->Write("a\n");
  writer_->WriteNow("b\n");
  CloseWriteEnd();
  EXPECT_EQ(ReadAll(), "a\nb\n");
}

TEST_F(LineWriterTest, TheEndWritesWhatWaits) {
  writer_->Write("last\n");
  writer_.reset();
  CloseWriteEnd();
  EXPECT_EQ(ReadAll(), "last\n");
}

TEST_F(LineWriterTest, ASlowReaderHoldsWritersUpAndLosesNothing) {
  constexpr int kLines = 3'000;
  std::thread writer([&] {
    for (int i = 0; i < kLines; ++i) writer_->Write(absl::StrCat(i, std::string(1'000, ' '), "\n"));
    writer_.reset();
    CloseWriteEnd();
  });
  const std::string all = ReadAll();
  writer.join();
  size_t at = 0;
  for (int i = 0; i < kLines; ++i) {
    const std::string line = absl::StrCat(i, std::string(1'000, ' '), "\n");
    ASSERT_EQ(all.substr(at, line.size()), line);
    at += line.size();
  }
  EXPECT_EQ(at, all.size());
}

}  // namespace
}  // namespace seedance::base
