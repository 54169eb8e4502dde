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

// Walks the boxes of ISO/IEC 14496-12 (MP4, QuickTime, HEIF). It follows a bounded number of boxes, to a bounded depth.
class BoxParser : public Parser {
 protected:
  BoxParser(model::MediaType type, std::string_view container);

  // A box of `type` begins in one of type `parent` (0 at the top); `left()` bytes of it are to come. Exactly one of
  // Enter, ReadBox and NextBox has to be called last. So also in every step.
  virtual void OnBox(uint32_t type, uint32_t parent) = 0;
  // The last of the boxes in one that was entered has been passed. May Break.
  virtual void OnLeave(uint32_t type) = 0;
  // The file has ended behind its last box.
  virtual void OnLastBox() {}
  // Whether the file may end within this box at the top. `type` 0: it is no box, but what cameras and editors write
  // behind the last one.
  virtual bool MayEndIn(uint32_t type) const = 0;

  // Goes into the box, whose boxes begin after `header` bytes.
  void Enter(int64_t header = 0);
  // Hands the next `bytes` bytes of the box to `step`; breaks when it has fewer.
  template <class Self>
  void ReadBox(size_t bytes, void (Self::*step)(Bytes)) {
    if (HasLeft(bytes)) Read(bytes, step);
  }
  // Passes what is left of the box.
  void NextBox();

  // Bytes of the box that are still to come.
  int64_t left() const { return end_ - position(); }

 private:
  struct Box {
    uint32_t type = 0;
    int64_t end = 0;  // kFarthest: where the file ends.
  };
  static constexpr int64_t kFarthest = std::numeric_limits<int64_t>::max();
  static constexpr size_t kDepth = 8;
  static constexpr int kMostBoxes = 1'000'000;

  void OnEnd() override;

  bool HasLeft(size_t bytes);
  bool AtTop() const { return depth_ == 0; }
  void PassBox();
  void ReadHeader();
  void OnHeader(Bytes bytes);
  void OnLongHeader(Bytes bytes);
  void Begin(int64_t start, uint64_t size);
  int64_t OuterEnd() const;

  std::array<Box, kDepth> outer_;  // The boxes that were entered.
  size_t depth_ = 0;
  uint32_t type_ = 0;  // The box at hand, and where it ends.
  int64_t end_ = 0;
  int boxes_ = 0;
};

// `moov` for Tag("moov"); what is not to be printed becomes a dot.
std::string TagText(uint32_t tag);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_BOXES_H_
