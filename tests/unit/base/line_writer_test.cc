#include "service/base/line_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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

  // A new writer that waits so long, and keeps 64 KiB.
  void Patience(std::chrono::milliseconds patience) {
    LineWriter::Options options;
    options.patience = patience;
    options.max_waiting = 64 << 10;
    writer_ = std::make_unique<LineWriter>(ends_[1], options);
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
  Patience(std::chrono::minutes(1));
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

// ---- A reader that does not read ----

TEST_F(LineWriterTest, AStuckReaderHoldsNobodyUpForLongAndLinesAreCounted) {
  Patience(std::chrono::milliseconds(10));
  const std::string line = std::string(999, 'x') + "\n";
  constexpr int kLines = 100'000;
  uint64_t taken = 0;
  // 100 MB; with a wait for each line it would take a quarter of an hour.
  for (int i = 0; i < kLines; ++i) taken += writer_->Write(line) ? 1 : 0;
  EXPECT_EQ(taken + writer_->dropped(), uint64_t{kLines});
  // What the pipe and the writer may hold.
  EXPECT_LT(taken * line.size(), size_t{(64 << 10) + 2 * (64 << 10) + 4096});
  EXPECT_GT(writer_->dropped(), 0u);
  writer_->WriteNow("warning\n");
  writer_->Flush();
}

TEST_F(LineWriterTest, AWarningIsNotWaitedForWhenNobodyReads) {
  Patience(std::chrono::milliseconds(10));
  const std::string line = std::string(99, 'w') + "\n";
  uint64_t taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += writer_->WriteNow(line) ? 1 : 0;
  EXPECT_EQ(taken + writer_->dropped(), 10'000u);
  EXPECT_GT(writer_->dropped(), 0u);
}

TEST_F(LineWriterTest, AReaderThatReadsAgainGetsWholeLinesAndLaterOnes) {
  Patience(std::chrono::milliseconds(10));
  const std::string line = std::string(999, 'x') + "\n";
  while (writer_->dropped() == 0) writer_->Write(line);
  std::string all;
  while (all.find("again\n") == std::string::npos) {
    writer_->Write("again\n");
    all += Read();
  }
  for (size_t at = 0; all.compare(at, 6, "again\n") != 0; at += line.size()) {
    ASSERT_EQ(all.substr(at, line.size()), line);
  }
}

TEST_F(LineWriterTest, NoticesSayHowMuchWasDroppedOnceTheReaderReadsAgain) {
  LineWriter::Options options;
  options.patience = std::chrono::milliseconds(10);
  options.max_waiting = 8 << 10;
  options.notices = [](uint64_t dropped) { return dropped == 0 ? "" : absl::StrCat("dropped ", dropped, "\n"); };
  writer_ = std::make_unique<LineWriter>(ends_[1], options);
  while (writer_->dropped() < 3) writer_->Write(std::string(999, 'x') + "\n");
  const uint64_t dropped = writer_->dropped();
  std::string all;
  while (all.find("dropped ") == std::string::npos) all += Read();
  EXPECT_EQ(all.substr(all.find("dropped ")), absl::StrCat("dropped ", dropped, "\n"));
}

TEST_F(LineWriterTest, LinesOfThreadsAreNotMixed) {
  Patience(std::chrono::minutes(1));
  // The last is longer than a pipe takes at once.
  constexpr size_t kSizes[] = {30, 300, 3'000, 100'000};
  std::thread all_writers([&] {
    std::vector<std::thread> threads;
    for (const size_t size : kSizes) {
      threads.emplace_back([this, size] {
        for (int n = 0; n < 50; ++n) writer_->Write(absl::StrCat(size, std::string(size, 'x'), "\n"));
      });
    }
    for (std::thread& thread : threads) thread.join();
    writer_.reset();
    CloseWriteEnd();
  });
  const std::string all = ReadAll();
  all_writers.join();
  std::map<size_t, int> counts;
  for (size_t at = 0; at < all.size();) {
    const size_t end = all.find('\n', at);
    const size_t x = all.find('x', at);
    ASSERT_LT(x, end);
    const size_t size = std::stoul(all.substr(at, x - at));
    ASSERT_EQ(end - x, size);
    ASSERT_EQ(all.find_first_not_of('x', x), end);
    ++counts[size];
    at = end + 1;
  }
  for (const size_t size : kSizes) EXPECT_EQ(counts[size], 50) << size;
}

}  // namespace
}  // namespace seedance::base
