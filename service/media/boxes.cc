#include "service/media/boxes.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace seedance::media {

BoxParser::BoxParser(model::MediaType type, std::string_view container) : Parser(type, container) {
  Read(8, &BoxParser::OnHeader);
}

void BoxParser::Enter(int64_t header) {
  if (depth_ == kDepth) return Break("its boxes are nested too deeply");
  if (header > left()) return Break(absl::StrCat("its box `", TagText(type_), "` is too short"));
  outer_[depth_++] = {type_, end_};
  Pass(header);
  ReadHeader();
}

void BoxParser::NextBox() {
  if (broken()) return;
  if (end_ == kFarthest) return Rest();
  PassBox();
  ReadHeader();
}

void BoxParser::PassBox() {
  if (AtTop() && MayEndIn(type_)) return PassOrEnd(left());
  Pass(left());
}

// A remainder too short for a box is padding: QuickTime ends lists with four zeros.
void BoxParser::ReadHeader() {
  while (depth_ > 0 && outer_[depth_ - 1].end - position() < 8) {
    const Box outer = outer_[--depth_];
    Pass(outer.end - position());
    OnLeave(outer.type);
    if (broken()) return;
  }
  if (++boxes_ > kMostBoxes) return Break("it has too many boxes");
  if (OuterEnd() == kFarthest) return ReadOrEnd(8, &BoxParser::OnHeader);
  Read(8, &BoxParser::OnHeader);
}

void BoxParser::OnHeader(Bytes bytes) {
  type_ = bytes.Big32(4);
  if (bytes.Big32(0) == 1) {
    end_ = OuterEnd();
    if (AtTop() && MayEndIn(0)) return ReadOrEnd(8, &BoxParser::OnLongHeader);
    return ReadBox(8, &BoxParser::OnLongHeader);
  }
  Begin(position() - 8, bytes.Big32(0));
}

void BoxParser::OnLongHeader(Bytes bytes) { Begin(position() - 16, bytes.Big64(0)); }

void BoxParser::Begin(int64_t start, uint64_t size) {
  const int64_t most = OuterEnd() - start;
  const uint64_t header = static_cast<uint64_t>(position() - start);
  if (size == 0) size = static_cast<uint64_t>(most);
  if (size < header || size > static_cast<uint64_t>(most)) {
    if (AtTop() && MayEndIn(0)) return Rest();
    return Break(absl::StrCat("its box `", TagText(type_), "` claims ", size, " bytes"));
  }
  end_ = start + static_cast<int64_t>(size);
  OnBox(type_, !AtTop() ? outer_[depth_ - 1].type : 0);
}

void BoxParser::OnEnd() {
  while (depth_ > 0 && !broken()) OnLeave(outer_[--depth_].type);
  if (!broken()) OnLastBox();
}

bool BoxParser::HasLeft(size_t bytes) {
  if (static_cast<int64_t>(bytes) <= left()) return true;
  Break(absl::StrCat("its box `", TagText(type_), "` is too short"));
  return false;
}

int64_t BoxParser::OuterEnd() const { return depth_ > 0 ? outer_[depth_ - 1].end : kFarthest; }

std::string TagText(uint32_t tag) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char letter = static_cast<char>(tag >> shift & 0xff);
    text += absl::ascii_isprint(static_cast<unsigned char>(letter)) ? letter : '.';
  }
  return text;
}

}  // namespace seedance::media
