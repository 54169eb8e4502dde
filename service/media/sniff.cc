#include "service/media/sniff.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/media/bytes.h"
#include "service/media/mpeg_audio.h"
#include "service/media/parsers.h"

namespace seedance::media {
namespace {

using model::MediaType;
using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  size_t offset;
  MediaType type;
  std::string_view container;
};

// Formats that are only named. kUnspecified: no image, video or audio.
constexpr std::array kNamed = {
    Signature{"\x0\x0\x0\xcjP  "sv, 0, MediaType::kImage, "jp2"},
    Signature{"\xff\x4f\xff\x51"sv, 0, MediaType::kImage, "jp2"},
    Signature{"\x0\x0\x0\xcJXL "sv, 0, MediaType::kImage, "jxl"},
    Signature{"\xff\x0a"sv, 0, MediaType::kImage, "jxl"},
    Signature{"IIRO"sv, 0, MediaType::kImage, "orf"},
    Signature{"IIRS"sv, 0, MediaType::kImage, "orf"},
    Signature{"MMOR"sv, 0, MediaType::kImage, "orf"},
    Signature{"IIU\0"sv, 0, MediaType::kImage, "rw2"},
    Signature{"FUJIFILMCCD-RAW"sv, 0, MediaType::kImage, "raf"},
    Signature{"8BPS"sv, 0, MediaType::kImage, "psd"},
    Signature{"qoif"sv, 0, MediaType::kImage, "qoi"},
    Signature{"\x0\x0\x1\x0"sv, 0, MediaType::kImage, "ico"},
    Signature{"AVI "sv, 8, MediaType::kVideo, "avi"},
    Signature{"FLV\x1"sv, 0, MediaType::kVideo, "flv"},
    Signature{"\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, 0, MediaType::kVideo, "wmv"},
    Signature{"\x0\x0\x1\xba"sv, 0, MediaType::kVideo, "mpeg"},
    Signature{"\x0\x0\x1\xb3"sv, 0, MediaType::kVideo, "mpeg"},
    Signature{"fLaC"sv, 0, MediaType::kAudio, "flac"},
    Signature{"ADIF"sv, 0, MediaType::kAudio, "aac"},
    Signature{"#!AMR"sv, 0, MediaType::kAudio, "amr"},
    Signature{"caff"sv, 0, MediaType::kAudio, "caf"},
    Signature{"MThd"sv, 0, MediaType::kAudio, "midi"},
    Signature{"AIFF"sv, 8, MediaType::kAudio, "aiff"},
    Signature{"AIFC"sv, 8, MediaType::kAudio, "aiff"},
    Signature{"%PDF-"sv, 0, MediaType::kUnspecified, "a PDF document"},
    Signature{"PK\x3\x4"sv, 0, MediaType::kUnspecified, "a ZIP archive"},
    Signature{"\x1f\x8b"sv, 0, MediaType::kUnspecified, "a gzip archive"},
    Signature{"Rar!"sv, 0, MediaType::kUnspecified, "a RAR archive"},
    Signature{"7z\xbc\xaf\x27\x1c"sv, 0, MediaType::kUnspecified, "a 7z archive"},
    Signature{"\x7f"
              "ELF"sv,
              0, MediaType::kUnspecified, "a program"},
};

std::unique_ptr<Parser> SniffNamed(Bytes head) {
  for (const Signature& signature : kNamed) {
    if (!head.Has(signature.offset, signature.bytes)) continue;
    if (signature.type != MediaType::kUnspecified) return MakeNamed(signature.type, signature.container);
    return MakeUnknown(absl::StrCat("it is ", std::string(signature.container)));
  }
  return nullptr;
}

std::unique_ptr<Parser> SniffPicture(Bytes head) {
  if (head.Has(0, "\xff\xd8\xff"sv)) return MakeJpeg();
  if (head.Has(0, "\x89PNG\r\n\x1a\n"sv)) return MakePng();
  if (head.Has(0, "GIF87a"sv) || head.Has(0, "GIF89a"sv)) return MakeGif();
  if (head.Has(0, "RIFF"sv) && head.Has(8, "WEBP"sv)) return MakeWebp();
  // Two letters are ambiguous: also checks the size of the next header, of which all known values are below 256.
  if (head.Has(0, "BM"sv) && head.Little32(14) >= 12 && head.Little32(14) < 256) return MakeBmp();
  if (head.Has(8, "CR\x2\x0"sv) && head.Has(0, "II*\0"sv)) return MakeNamed(MediaType::kImage, "cr2");
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (head.Has(0, magic)) return MakeTiff();
  }
  return nullptr;
}

std::unique_ptr<Parser> SniffBoxes(Bytes head) {
  const std::string_view type = head.Text(4, 4);
  if (type == "ftyp") {
    // A length of 0 or 1 stands for more than a first box needs.
    const size_t length = std::clamp<size_t>(head.Big32(0), 16, kSniffedBytes);
    const std::string_view container = ContainerOfBrands(head.Text(8, length - 8));
    if (container == "heic" || container == "heif" || container == "avif") return MakeHeif(container);
    if (container == "jp2" || container == "jxl" || container == "cr3") return MakeNamed(MediaType::kImage, container);
    return MakeMovie(container);
  }
  // Older QuickTime files, and parts of streams, begin with any box.
  for (const std::string_view first : {"moov", "mdat", "wide", "free", "skip", "pnot", "styp", "sidx", "moof"}) {
    if (type == first) return MakeMovie("");
  }
  // If these are boxes they have some KB. Sizes of 0 and 1 are special.
  if (head.At(0) != 0 || (head.Big32(0) < 8 && head.Big32(0) != 1)) return nullptr;
  for (const std::string_view first :
       {"udta", "PICT", "pict", "uuid", "emsg", "prft", "meta", "junk", "prfl", "ssix"}) {
    if (type == first) return MakeMovie("");
  }
  return nullptr;
}

std::unique_ptr<Parser> SniffSound(Bytes head) {
  if ((head.Has(0, "RIFF") || head.Has(0, "RF64") || head.Has(0, "BW64")) && head.Has(8, "WAVE")) return MakeWav();
  if (head.Has(0, "ID3") || head.Has(0, "APETAGEX")) return MakeMp3();
  if (head.Has(0, "OggS")) {
    const bool video = head.Text(0).find("theora") != std::string_view::npos;
    return MakeNamed(video ? MediaType::kVideo : MediaType::kAudio, "ogg");
  }
  switch (ReadMpegHeader(head.Big32(0)).kind) {
    case MpegHeader::Kind::kLayer3:
      return MakeMp3();
    case MpegHeader::Kind::kLayer2:
      return MakeNamed(MediaType::kAudio, "mp2");
    case MpegHeader::Kind::kAdts:
      return MakeNamed(MediaType::kAudio, "aac");
    case MpegHeader::Kind::kNone:
      return nullptr;
  }
  return nullptr;
}

std::unique_ptr<Parser> SniffContainer(Bytes head) {
  if (head.Has(0, "\x1a\x45\xdf\xa3"sv)) {
    const bool webm = head.Text(0, 64).find("webm") != std::string_view::npos;
    return MakeNamed(MediaType::kVideo, webm ? "webm" : "mkv");
  }
  // Packets of 188 bytes that begin with G.
  if (head.Has(0, "G") && head.Has(188, "G")) return MakeNamed(MediaType::kVideo, "mpegts");
  return nullptr;
}

std::unique_ptr<Parser> SniffText(Bytes head) {
  std::string_view text = head.Text(head.Has(0, "\xef\xbb\xbf") ? 3 : 0);
  // A partial audio frame may begin with any letter.
  const auto is_binary = [](unsigned char letter) {
    return letter == 0xff || (absl::ascii_iscntrl(letter) && !absl::ascii_isspace(letter));
  };
  if (std::any_of(text.begin(), text.end(), is_binary)) return nullptr;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.substr(0, 4) == "<svg" || (text.substr(0, 2) == "<?" && text.find("<svg") != std::string_view::npos)) {
    return MakeNamed(MediaType::kImage, "svg");
  }
  if (text.substr(0, 1) == "<") return MakeUnknown("it is an HTML or XML text");
  if (text.substr(0, 1) == "{" || text.substr(0, 1) == "[") return MakeUnknown("it is a JSON text");
  return nullptr;
}

}  // namespace

std::unique_ptr<Parser> Sniff(std::string_view head) {
  const Bytes bytes(head.substr(0, kSniffedBytes));
  if (bytes.empty()) return MakeUnknown("it is empty");
  // In this order: the shorter a signature, the later.
  for (const auto sniff : {SniffPicture, SniffBoxes, SniffNamed, SniffSound, SniffContainer, SniffText}) {
    if (std::unique_ptr<Parser> parser = sniff(bytes)) return parser;
  }
  const bool zeros = bytes.size() >= 8 && bytes.Big64(0) == 0;
  return MakeMp3Or(zeros ? "it has zeros in place of a header" : "it is in no known image, video or audio format");
}

std::string_view ContainerOfBrands(std::string_view brands) {
  const std::string_view major = brands.substr(0, 4);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), major) != names.end();
  };
  const auto also = [&](std::string_view name) {
    for (size_t at = 8; at + 4 <= brands.size(); at += 4) {
      if (brands.substr(at, 4) == name) return true;
    }
    return false;
  };
  if (major == "qt  ") return "mov";
  if (is({"M4A ", "M4B ", "M4P "})) return "m4a";
  if (is({"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"})) return "heic";
  if (is({"avif", "avis"})) return "avif";
  if (is({"mif1", "mif2", "msf1", "miaf", "avci", "avcs", "jpeg", "jpgs"})) {
    return also("avif") || also("avis") ? "avif" : "heif";
  }
  if (is({"jp2 ", "jpx ", "jpm "})) return "jp2";
  if (major == "jxl ") return "jxl";
  if (major == "crx ") return "cr3";
  if (is({"F4A ", "F4B "})) return "m4a";
  // Phones write both brands for movies that every MP4 player takes.
  if (major.substr(0, 2) == "3g") return also("isom") || also("mp41") || also("mp42") ? "mp4" : "3gp";
  return "mp4";
}

}  // namespace seedance::media
