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
// text that resembles a mention and is none (`@图一`, `@image-1`).
struct PromptPart {
  enum class Kind { kText, kLabel, kNumber, kUnread };

  Kind kind = Kind::kText;
  // For kText what it stands for (`{hero}` for `{{hero}}`), otherwise the text as written. Points into the prompt.
  std::string_view text;
  std::string_view label;                    // kLabel.
  MediaType type = MediaType::kUnspecified;  // kNumber.
  size_t number = 0;                         // kNumber. Saturated for numbers that are far too large.
};

// The pieces of `prompt` in order; they point into it. Accepts every text: what is no well-formed mention is plain
// text. Linear time; never splits a UTF-8 character.
std::vector<PromptPart> ParsePrompt(std::string_view prompt);

// A prompt in a vendor's notation.
struct RenderedPrompt {
  std::string text;
  // Mentions without a reference, each once, as the rule that they break; the first few of many. If not empty, `text`
  // is meaningless.
  std::vector<std::string> faults;
  // Text that resembles a mention and was not read as one, each once, as a sentence; the first few of many.
  std::vector<std::string> warnings;
  // By index of the reference: whether it is mentioned.
  std::vector<bool> mentioned;
};

// Rewrites every mention in `notation`, numbered among the references of its kind. A reference without a role may be of
// any kind. Where no reference has a label, `{hero}` is text.
RenderedPrompt RenderPrompt(std::string_view prompt, const std::vector<Reference>& references,
                            const PromptNotation& notation);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MENTIONS_H_
