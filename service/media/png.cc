#include "service/media/parsers.h"

namespace seedance::media {
namespace {

// Chunks; the first has the size. The others are followed to the last, to see whether all of them are there.
class Png : public Parser {
 public:
  Png() : Parser(model::MediaType::kImage, "png") {
    Pass(8);
    Read(8 + 13, &Png::OnHeader);
  }

 private:
  void OnHeader(Bytes bytes) {
    // Apple's phones put a chunk of their own before it, in files that no one else reads.
    if (bytes.Big32(0) != 13 || bytes.Big32(4) != Tag("IHDR")) return Break("its first chunk is no IHDR");
    if (!SetSize(bytes.Big32(8), bytes.Big32(12))) return;
    Know();
    Pass(kChecksum);
    Read(8, &Png::OnChunk);
  }

  void OnChunk(Bytes bytes) {
    Pass(int64_t{bytes.Big32(0)} + kChecksum);
    if (bytes.Big32(4) == Tag("IEND")) return ReadOrEnd(1, &Png::OnTrailer);
    Read(8, &Png::OnChunk);
  }

  void OnTrailer(Bytes) { Rest(); }

  static constexpr int64_t kChecksum = 4;
};

}  // namespace

std::unique_ptr<Parser> MakePng() { return std::make_unique<Png>(); }

}  // namespace seedance::media
