#ifndef SEEDANCE_SERVICE_MEDIA_BOXES_H_
#define SEEDANCE_SERVICE_MEDIA_BOXES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "service/media/parser.h"

namespace seedance::media {

// Walks the boxes of ISO/IEC 14496-12 (MP4, QuickTime, HEIF). Bounded in depth and number of boxes.
//
// Tests: tests/unit/media/movie_test.cc, tests/unit/media/heif_test.cc, tests/unit/media/hostile_test.cc
class BoxParser : public Parser {
 protected:
  BoxParser(model::MediaType type, std::string_view container);

  // A box of `type` begins inside one of type `parent` (0: top level); `left()` bytes of it remain. Must call exactly
  // one of Enter, ReadBox and NextBox last; the same holds for every step.
  virtual void OnBox(uint32_t type, uint32_t parent) = 0;
  // The last box inside an entered one was passed. May Break.
  virtual void OnLeave(uint32_t type) = 0;
  // The file ended after its last box.
  virtual void OnLastBox() {}
  // Whether the file may end within this top-level box. `type` 0: not a box, but what cameras and editors append.
  virtual bool MayEndIn(uint32_t type) const = 0;

  // Enters the box; its inner boxes begin after `header` bytes.
  void Enter(int64_t header = 0);
  // Hands the next `bytes` bytes of the box to `step`; breaks when it has fewer.
  template <class Self>
  void ReadBox(size_t bytes, void (Self::*step)(Bytes)) {
    if (HasLeft(bytes)) Read(bytes, step);
  }
  // Skips the rest of the box.
  void NextBox();

  // Remaining bytes of the box.
  int64_t left() const { return end_ - position(); }

 private:
  // An entered box.
  struct Box {
    uint32_t type = 0;
    int64_t end = 0;  // Offset in the file; kFarthest: the end of the file.
  };
  static constexpr int64_t kFarthest = std::numeric_limits<int64_t>::max();
  static constexpr size_t kDepth = 8;
  static constexpr int kMostBoxes = 1'000'000;

  void OnEnd() override;

  bool HasLeft(size_t bytes);
  bool AtTop() const { return depth_ == 0; }
  // Skips the rest of the present box.
  void PassBox();
  void ReadHeader();
  void OnHeader(Bytes bytes);
  void OnLongHeader(Bytes bytes);
  void Begin(int64_t start, uint64_t size);
  int64_t OuterEnd() const;

  std::array<Box, kDepth> outer_;  // Entered boxes.
  size_t depth_ = 0;
  uint32_t type_ = 0;  // The present box, and the offset of its end.
  int64_t end_ = 0;
  int boxes_ = 0;
};

// `moov` for Tag("moov"); non-printable bytes become dots.
std::string TagText(uint32_t tag);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_BOXES_H_
