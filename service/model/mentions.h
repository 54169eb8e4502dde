#ifndef SEEDANCE_SERVICE_MODEL_MENTIONS_H_
#define SEEDANCE_SERVICE_MODEL_MENTIONS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/model/asset.h"
#include "service/model/generation_task.h"
#include "service/model/profile.h"

namespace seedance::model {

// A piece of a prompt: plain text, a mention by label (`{hero}`), a mention by number (`@图1`, `@图片1`, `[图1]`,
// `@image1`, `@image 1`, `@img1`, `Image 1`; `＠`, `［图1］`, traditional characters and full-width digits too), or
// what looks like one and is none (`@图一`, `@image-1`).
struct PromptPart {
  enum class Kind { kText, kLabel, kNumber, kUnread };

  Kind kind = Kind::kText;
  // Of plain text what it stands for (`{hero}` for `{{hero}}`); of a mention what was written.
  std::string_view text;
  std::string_view label;                    // kLabel.
  MediaType type = MediaType::kUnspecified;  // kNumber.
  size_t number = 0;                         // kNumber. One that is far too large is only known to be so.
};

// The pieces of `prompt`, in order; they point into it. Every text is a prompt: what is no well-formed mention is plain
// text. Takes linear time, and never splits a character of UTF-8.
std::vector<PromptPart> ParsePrompt(std::string_view prompt);

// A prompt as a vendor gets it.
struct RenderedPrompt {
  std::string text;
  // Every mention that has no reference, once, each as the rule that it breaks; the first few of many. `text` means
  // nothing unless this is empty.
  std::vector<std::string> faults;
  // What looks like a mention and was not read as one, each once, in a sentence; the first few of many.
  std::vector<std::string> warnings;
  // Whether the reference of the same index is mentioned.
  std::vector<bool> mentioned;
};

// Writes every mention in the vendor's notation, with the number that its reference has among those of its kind. A
// reference without a role may be of any kind. Where no reference has a label, `{hero}` is text.
RenderedPrompt RenderPrompt(std::string_view prompt, const std::vector<Reference>& references,
                            const PromptNotation& notation);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MENTIONS_H_
