#include "service/media/mp3_tags.h"

namespace seedance::media {
namespace {

// Flags state its contents: frames, bytes, seek table, quality. After that the encoder states, after its name, how many
// samples it added before and after the audio.
Mp3Table ReadXing(Bytes bytes) {
  Mp3Table table;
  const uint32_t flags = bytes.Big32(4);
  size_t at = 8;
  if ((flags & 1) != 0) table.frames = bytes.Big32(at);
  at += (flags & 1) != 0 ? 4 : 0;
  if ((flags & 2) != 0) table.bytes = bytes.Big32(at);
  at += ((flags & 2) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 100 : 0) + ((flags & 8) != 0 ? 4 : 0);
  if (!bytes.Has(at, "LAME") && !bytes.Has(at, "Lavf") && !bytes.Has(at, "Lavc")) return table;
  const uint32_t paddings = bytes.Big32(at + 20) & 0xffffff;  // 12 bits each.
  table.samples_before = paddings >> 12;
  table.samples_behind = paddings & 0xfff;
  return table;
}

}  // namespace

bool IsMp3Trailer(Bytes bytes) {
  return bytes.Has(0, "TAG") || bytes.Has(0, "APET") || bytes.Has(0, "LYRI") || bytes.Has(0, "ID3");
}

int64_t Mp3TagLength(Bytes bytes) {
  if (bytes.Has(0, "APETAGEX")) {
    const bool header = (bytes.Little32(20) & 0x20000000) != 0;  // Else it is the footer, behind the tag.
    return 32 + (header ? int64_t{bytes.Little32(12)} : 0);
  }
  const bool odd = ((bytes.Big32(6) & 0x80808080) != 0) || bytes.At(3) == 0xff || bytes.At(4) == 0xff;
  if (!bytes.Has(0, "ID3") || odd) return 0;
  int64_t size = 0;  // Of 7 bits a byte.
  for (size_t i = 6; i < 10; ++i) size = size << 7 | bytes.At(i);
  const bool footer = (bytes.At(5) & 0x10) != 0;
  return 10 + size + (footer ? 10 : 0);
}

Mp3Table ReadMp3Table(Bytes frame, const MpegHeader& header) {
  const Bytes xing = frame.From(4 + header.side_bytes);
  if (xing.Has(0, "Xing") || xing.Has(0, "Info")) return ReadXing(xing);
  if (!frame.Has(4 + 32, "VBRI")) return {};
  return {frame.Big32(4 + 32 + 14), frame.Big32(4 + 32 + 10)};
}

}  // namespace seedance::media
