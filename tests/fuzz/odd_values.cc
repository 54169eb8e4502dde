#include "tests/fuzz/odd_values.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace seedance::fuzz {
namespace {

const std::vector<std::string>& Texts() {
  static const auto* texts = new std::vector<std::string>{
      "",
      " ",
      std::string(1, '\0'),
      std::string("a\0b", 3),
      "line\nfeed\r\n\ttab",
      "\x1b[2J\x1b]0;title\x07",
      "\x7f",
      "\xc2\x85\xc2\x9b",  // C1 controls.
      "\xff\xfe",
      "\xc3",
      "\xc0\xaf",                      // An overlong slash.
      "\xed\xa0\x80",                  // A high surrogate alone.
      "\xed\xb0\x80\xed\xa0\x80",      // A pair in the wrong order.
      "\xf4\x90\x80\x80",              // Above U+10FFFF.
      "\xf0\x9f\x91",                  // Half an emoji.
      "\xf0\x9f\x91\xa9\xe2\x80\x8d",  // An emoji that ends with a joiner.
      "\xe2\x80\xae gnp.elif \xe2\x81\xa6 \xe2\x80\xa8 \xe2\x80\xa9",
      "\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf",
      "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
      "@\xe5\x9b\xbe"
      "1 @image99 Image 0 {hero} {{hero}} {",
      "@image99999999999999999999999 @video-1 Audio 1Audio 1",
      "[fail]",
      "[moderation]",
      "[input-moderation]",
      "[nourl]",
      "[unknown]",
      "fail-FaceMismatch",
      "../../etc/passwd",
      "'; DROP TABLE tasks; --",
      "%s%n%x %00 ${jndi:x} {{7*7}}",
      "null",
      "{\"a\":[1,2",
      "assets/",
      "assets/anyfast~",
      "assets/~x",
      "assets/anyfast~x/../y",
      "assetGroups/piapi~\xf0\x9f\x91\xa9",
      "generationTasks/00000000-0000-0000-0000-000000000000",
      "generationTasks/01890a5d-ac96-774b-bcce-b302099a8057",
      "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
      "-",
      "*",
      "http://127.0.0.1:1/a.png",
      "https://",
      "https://user:pass@127.0.0.1:1/a.png",
      "data:image/png;base64,",
      "data:image/png;base64,iVBORw0KGgo=",
      "data:;base64,====",
      "iVBORw0KGgo=",
  };
  return *texts;
}

// `unit` until the text has `size` bytes; it may end in half a character.
std::string Long(const std::string& unit, size_t size) {
  std::string text;
  while (text.size() < size) absl::StrAppend(&text, unit);
  text.resize(size);
  return text;
}

}  // namespace

std::string OddText(Draw& draw) {
  switch (draw.Below(8)) {
    case 0: {
      static const auto* units =
          new std::vector<std::string>{"a", "\xf0\x9f\x91\xa9", "\n", "@image1 ", "{x}", "\xe5\x9b\xbe"};
      static const auto* sizes =
          new std::vector<size_t>{31, 32, 33, 63, 64, 65, 128, 255, 256, 257, 300, 2048, 2049, 4000, 65536, 1 << 20};
      return Long(draw.OneOf(*units), draw.OneOf(*sizes) + draw.Below(3));
    }
    case 1:
      return absl::StrCat(draw.OneOf(Texts()), draw.OneOf(Texts()));
    case 2:
      return draw.Bytes(draw.Below(40));
    default:
      return draw.OneOf(Texts());
  }
}

int64_t OddInteger(Draw& draw) {
  static const auto* values = new std::vector<int64_t>{0,
                                                       1,
                                                       -1,
                                                       2,
                                                       4,
                                                       5,
                                                       15,
                                                       16,
                                                       30,
                                                       50,
                                                       200,
                                                       1000,
                                                       1001,
                                                       3599,
                                                       3600,
                                                       3601,
                                                       10'800,
                                                       28'800,
                                                       127,
                                                       128,
                                                       255,
                                                       256,
                                                       65'535,
                                                       65'536,
                                                       999'999'999,
                                                       1'000'000'000,
                                                       -999'999'999,
                                                       std::numeric_limits<int32_t>::max(),
                                                       std::numeric_limits<int32_t>::min(),
                                                       int64_t{std::numeric_limits<uint32_t>::max()},
                                                       int64_t{std::numeric_limits<uint32_t>::max()} + 1,
                                                       253'402'300'799,
                                                       253'402'300'800,
                                                       -62'135'596'800,
                                                       -62'135'596'801,
                                                       315'576'000'000,
                                                       315'576'000'001,
                                                       -315'576'000'001,
                                                       int64_t{1} << 53,
                                                       std::numeric_limits<int64_t>::max(),
                                                       std::numeric_limits<int64_t>::max() - 1,
                                                       std::numeric_limits<int64_t>::min()};
  return draw.OneOf(*values);
}

double OddReal(Draw& draw) {
  using Limits = std::numeric_limits<double>;
  static const auto* values = new std::vector<double>{0.0,
                                                      -0.0,
                                                      1.0,
                                                      -1.0,
                                                      Limits::quiet_NaN(),
                                                      Limits::infinity(),
                                                      -Limits::infinity(),
                                                      Limits::denorm_min(),
                                                      Limits::min(),
                                                      Limits::max(),
                                                      Limits::lowest(),
                                                      1e300};
  return draw.OneOf(*values);
}

const std::vector<std::string>& MediaUris() {
  static const auto* uris = new std::vector<std::string>{"https://127.0.0.1:1/a.png",
                                                         "https://127.0.0.1:1/b.mp4?x=1#y",
                                                         "https://[::1]:1/a.mp3",
                                                         "https://10.0.0.1/hero.png",
                                                         "https://[::ffff:127.0.0.1]/a.png",
                                                         "https://127.0.0.1:99999/a.png",
                                                         "https://127.0.0.1:/a.png",
                                                         "https://:443/a.png",
                                                         "https://0.0.0.0/a.png",
                                                         "https://169.254.169.254/a.png"};
  return *uris;
}

}  // namespace seedance::fuzz
