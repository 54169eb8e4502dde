#ifndef SEEDANCE_SERVICE_MEDIA_PARSERS_H_
#define SEEDANCE_SERVICE_MEDIA_PARSERS_H_

#include <memory>
#include <string>
#include <string_view>

#include "service/media/parser.h"

// Factories: one parser per family of formats, each defined in the source file of its name. Never null. Every parser
// expects the file from its first byte.
namespace seedance::media {

std::unique_ptr<Parser> MakeJpeg();
std::unique_ptr<Parser> MakePng();
std::unique_ptr<Parser> MakeGif();
std::unique_ptr<Parser> MakeWebp();
std::unique_ptr<Parser> MakeBmp();
std::unique_ptr<Parser> MakeTiff();
// Still pictures in boxes: `heic`, `heif` and `avif`.
std::unique_ptr<Parser> MakeHeif(std::string_view container);
// Movies in boxes. `container` empty: taken from a later `ftyp` box, `mov` without one.
std::unique_ptr<Parser> MakeMovie(std::string_view container);
// MPEG audio, layer 3, with any tags around its frames.
std::unique_ptr<Parser> MakeMp3();
// For a file that begins like no known format: an MP3 after junk, otherwise unknown with the problem `otherwise`.
std::unique_ptr<Parser> MakeMp3Or(std::string otherwise);
std::unique_ptr<Parser> MakeWav();

// A format that is recognized by name only and never accepted.
std::unique_ptr<Parser> MakeNamed(model::MediaType type, std::string_view container);
// An unknown format; `problem` says why.
std::unique_ptr<Parser> MakeUnknown(std::string problem);

}  // namespace seedance::media

#endif  // SEEDANCE_SERVICE_MEDIA_PARSERS_H_
