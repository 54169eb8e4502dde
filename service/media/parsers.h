#ifndef SEEDANCE_SERVICE_MEDIA_PARSERS_H_
#define SEEDANCE_SERVICE_MEDIA_PARSERS_H_

#include <memory>
#include <string>
#include <string_view>

#include "service/media/parser.h"

// One parser per family of formats, each in the source file of its name. All of them want the file from its first byte.
namespace seedance::media {

std::unique_ptr<Parser> MakeJpeg();
std::unique_ptr<Parser> MakePng();
std::unique_ptr<Parser> MakeGif();
std::unique_ptr<Parser> MakeWebp();
std::unique_ptr<Parser> MakeBmp();
std::unique_ptr<Parser> MakeTiff();
// Still pictures in boxes: `heic`, `heif` and `avif`.
std::unique_ptr<Parser> MakeHeif(std::string_view container);
// Movies in boxes. Empty: what a later `ftyp` box says, `mov` without one.
std::unique_ptr<Parser> MakeMovie(std::string_view container);
std::unique_ptr<Parser> MakeMp3();
// Of a file that does not begin like any: an MP3 behind junk, else of no known format, as `otherwise` says.
std::unique_ptr<Parser> MakeMp3Or(std::string otherwise);
std::unique_ptr<Parser> MakeWav();

// Knows the file by name alone.
std::unique_ptr<Parser> MakeNamed(model::MediaType type, std::string_view container);
// Of no known format.
std::unique_ptr<Parser> MakeUnknown(std::string problem);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PARSERS_H_
