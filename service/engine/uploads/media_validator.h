#ifndef SEEDANCE_SERVICE_ENGINE_UPLOADS_MEDIA_VALIDATOR_H_
#define SEEDANCE_SERVICE_ENGINE_UPLOADS_MEDIA_VALIDATOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/error.h"
#include "service/media/prober.h"
#include "service/model/asset.h"
#include "service/model/profile.h"

namespace seedance::engine {

// Looks at the bytes of one file while they pass, and says which limits of the upstream it breaks. Used by one thread.
class MediaValidator {
 public:
  // Paths under which violations are reported.
  struct Fields {
    std::string bytes;       // `inline_data`, `uri` or `chunk`.
    std::string media_type;  // `asset.media_type`.
  };

  // `given`: the media type that the caller says, kUnspecified: what the bytes are. `profile` outlives this.
  MediaValidator(const model::AssetProfile& profile, Fields fields, model::MediaType given);

  // As in media::Prober.
  void Feed(std::string_view bytes) { prober_->Feed(bytes); }
  int64_t Skippable() const { return prober_->Skippable(); }
  void Skip(int64_t bytes) { prober_->Skip(bytes); }
  void Finish() { prober_->Finish(); }
  // Whether what follows can change nothing any more but the size.
  bool done() const { return prober_->done(); }
  // Whether Violations may already have some that stay: those of the picture's size are told before `done`.
  bool may_refuse() const { return done() || prober_->findings().sized; }

  // The type given, else what the bytes show; kUnspecified as long as they do not.
  model::MediaType type() const;
  // For a file whose bytes do not show their type yet: it is held to be of this one from now on.
  void Assume(model::MediaType type) { given_ = type; }

  // What the headers say; empty as long as they are not read.
  model::MediaInfo info() const;
  // Largest file allowed, as far as the type is known.
  int64_t MaxBytes() const;

  // Every limit that is broken, by what was fed so far and a file of `size` bytes (0: not known).
  std::vector<base::FieldViolation> Violations(int64_t size) const;

 private:
  const model::AssetProfile* profile_;
  Fields fields_;
  model::MediaType given_;
  std::unique_ptr<media::Prober> prober_;
};

// Largest file of the type that the profile allows (no limit: the largest number); kUnspecified: of any type.
int64_t MaxBytes(const model::AssetProfile& profile, model::MediaType type);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_UPLOADS_MEDIA_VALIDATOR_H_
