#include "service/model/mentions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/model/task_rules.h"

namespace seedance::model {
namespace {

using Kind = PromptPart::Kind;

constexpr size_t kMaxLabelBytes = 32;
constexpr size_t kTooLarge = 1'000'000;  // No task has so many references.
constexpr size_t kMaxFaults = 10;
constexpr size_t kMaxQuotedBytes = 40;

// Words before a number.
struct Word {
  std::string_view text;
  MediaType type;
  bool plain;  // A word of prose: exactly so, and whole. Else it is marked by its `@`, in any case.
};
constexpr Word kWords[] = {
    {"@图", MediaType::kImage, false},     {"@视频", MediaType::kVideo, false},   {"@音频", MediaType::kAudio, false},
    {"@image ", MediaType::kImage, false}, {"@video ", MediaType::kVideo, false}, {"@audio ", MediaType::kAudio, false},
    {"@image", MediaType::kImage, false},  {"@video", MediaType::kVideo, false},  {"@audio", MediaType::kAudio, false},
    {"Image ", MediaType::kImage, true},   {"Video ", MediaType::kVideo, true},   {"Audio ", MediaType::kAudio, true},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
// Only ASCII: Chinese and Japanese text is written without spaces, so that its characters end a word.
bool IsWordCharacter(char c) { return IsAlnum(c) || c == '_'; }
bool IsLabelCharacter(char c) { return IsWordCharacter(c) || c == '-'; }

bool BeginsWith(std::string_view text, const Word& word) {
  if (text.size() < word.text.size()) return false;
  if (word.plain) return text.substr(0, word.text.size()) == word.text;
  return std::equal(word.text.begin(), word.text.end(), text.begin(), [](char left, char right) {
    return left == absl::ascii_tolower(static_cast<unsigned char>(right));
  });
}

class Scanner {
 public:
  explicit Scanner(std::string_view prompt) : prompt_(prompt) {}

  std::vector<PromptPart> Run() {
    while (at_ < prompt_.size()) {
      if (!TakeDoubleBraces() && !TakeLabel() && !TakeNumber()) ++at_;
    }
    EndText(at_);
    return std::move(parts_);
  }

 private:
  char Byte(size_t i) const { return i < prompt_.size() ? prompt_[i] : '\0'; }

  // Ends the plain text that reaches up to `end`.
  void EndText(size_t end) {
    if (end > text_) parts_.push_back({Kind::kText, prompt_.substr(text_, end - text_), "", {}, 0});
  }

  void Take(PromptPart part, size_t bytes) {
    EndText(at_);
    part.text = prompt_.substr(at_, bytes);
    parts_.push_back(part);
    text_ = at_ += bytes;
  }

  // Length of the label in the braces that begin at `at`; 0: there is none.
  size_t LabelAt(size_t at) const {
    if (Byte(at) != '{') return 0;
    size_t size = 0;
    while (size <= kMaxLabelBytes && IsLabelCharacter(Byte(at + 1 + size))) ++size;
    return size <= kMaxLabelBytes && Byte(at + 1 + size) == '}' ? size : 0;
  }

  // Only around a label: prompts in JSON and the like keep their braces.
  bool TakeDoubleBraces() {
    const size_t size = Byte(at_) == '{' ? LabelAt(at_ + 1) : 0;
    if (size == 0 || Byte(at_ + size + 3) != '}') return false;
    EndText(at_);
    parts_.push_back({Kind::kText, prompt_.substr(at_ + 1, size + 2), "", {}, 0});
    text_ = at_ += size + 4;
    return true;
  }

  bool TakeLabel() {
    const size_t size = LabelAt(at_);
    if (size == 0) return false;
    Take({Kind::kLabel, "", prompt_.substr(at_ + 1, size), {}, 0}, size + 2);
    return true;
  }

  bool TakeNumber() {
    const std::string_view rest = prompt_.substr(at_);
    const auto word = std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& each) {
      return BeginsWith(rest, each) && IsDigit(Byte(at_ + each.text.size()));
    });
    if (word == std::end(kWords)) return false;
    if (word->plain && at_ > 0 && IsWordCharacter(prompt_[at_ - 1])) return false;
    size_t end = at_ + word->text.size();
    size_t number = 0;
    for (; IsDigit(Byte(end)); ++end) number = std::min<size_t>(number * 10 + (prompt_[end] - '0'), kTooLarge);
    // `Image 16:9` is a shape.
    const bool ratio = Byte(end) == ':' && IsDigit(Byte(end + 1));
    if (word->plain && (IsWordCharacter(Byte(end)) || ratio)) return false;
    Take({Kind::kNumber, "", "", word->type, number}, end - at_);
    return true;
  }

  const std::string_view prompt_;
  size_t at_ = 0;
  size_t text_ = 0;  // Where the plain text before `at_` begins.
  std::vector<PromptPart> parts_;
};

const std::string& WordOf(const PromptNotation& notation, MediaType type) {
  if (type == MediaType::kVideo) return notation.video;
  return type == MediaType::kAudio ? notation.audio : notation.image;
}

const char* NameOf(MediaType type) {
  if (type == MediaType::kVideo) return "video";
  return type == MediaType::kAudio ? "audio" : "image";
}

// Where the references are, by number and by label.
class Directory {
 public:
  explicit Directory(const std::vector<Reference>& references) {
    numbers_.resize(references.size(), {MediaType::kImage, 1});  // Any where there is no role: such a task is not sent.
    // As in SortReferences, a last frame counts behind its first.
    for (const bool last_frames : {false, true}) {
      for (size_t i = 0; i < references.size(); ++i) {
        if ((references[i].role == ReferenceRole::kLastFrame) == last_frames) Enter(references[i], i);
      }
    }
  }

  // Index of the mentioned reference; `kNone`: there is none.
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t Find(const PromptPart& mention) const {
    if (mention.kind == Kind::kLabel) {
      const auto found = by_label_.find(mention.label);
      return found == by_label_.end() ? kNone : found->second;
    }
    const size_t count = CountOf(mention.type);
    if (mention.number == 0 || mention.number > count) return kNone;
    return by_type_.at(mention.type)[mention.number - 1];
  }

  // Why Find found none; empty if a reference of unknown kind may be meant.
  std::string FaultOf(const PromptPart& mention) const {
    const std::string text(mention.text.substr(0, kMaxQuotedBytes));
    if (mention.kind == Kind::kLabel) return absl::StrCat("mentions `", text, "`, but no reference has this label");
    const size_t count = CountOf(mention.type);
    if (mention.number > count && mention.number <= count + unknown_) return "";
    return absl::StrCat("mentions `", text, "`, but there ", count == 1 ? "is 1 " : absl::StrCat("are ", count, " "),
                        NameOf(mention.type), count == 1 ? "" : "s", " among the references");
  }

  const std::pair<MediaType, size_t>& NumberOf(size_t index) const { return numbers_[index]; }

 private:
  void Enter(const Reference& reference, size_t index) {
    if (!reference.label.empty()) by_label_.emplace(reference.label, index);
    if (reference.role == ReferenceRole::kUnspecified) {
      ++unknown_;
      return;
    }
    std::vector<size_t>& same = by_type_[MediaTypeOf(reference.role)];
    same.push_back(index);
    numbers_[index] = {MediaTypeOf(reference.role), same.size()};
  }

  size_t CountOf(MediaType type) const {
    const auto same = by_type_.find(type);
    return same == by_type_.end() ? 0 : same->second.size();
  }

  std::map<std::string, size_t, std::less<>> by_label_;
  std::map<MediaType, std::vector<size_t>> by_type_;
  std::vector<std::pair<MediaType, size_t>> numbers_;  // Of each reference.
  size_t unknown_ = 0;
};

// Joins pieces so that no number and no word runs into its neighbour.
class Joiner {
 public:
  void AddText(std::string_view text) {
    if (after_number_ && !text.empty() && IsWordCharacter(text.front())) text_ += ' ';
    text_ += text;
    after_number_ = false;
  }
  void AddMention(const std::string& word, size_t number) {
    const bool letters = !word.empty() && IsAlnum(word.front());
    if (letters && !text_.empty() && IsWordCharacter(text_.back())) text_ += ' ';
    absl::StrAppend(&text_, word, number);
    after_number_ = true;
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  bool after_number_ = false;
};

}  // namespace

std::vector<PromptPart> ParsePrompt(std::string_view prompt) { return Scanner(prompt).Run(); }

RenderedPrompt RenderPrompt(std::string_view prompt, const std::vector<Reference>& references,
                            const PromptNotation& notation) {
  const Directory directory(references);
  RenderedPrompt rendered;
  rendered.mentioned.resize(references.size());
  std::set<std::string> faults;
  Joiner joiner;
  for (const PromptPart& part : ParsePrompt(prompt)) {
    const size_t index = part.kind == Kind::kText ? Directory::kNone : directory.Find(part);
    if (index != Directory::kNone) {
      const auto& [type, number] = directory.NumberOf(index);
      rendered.mentioned[index] = true;
      joiner.AddMention(WordOf(notation, type), number);
      continue;
    }
    joiner.AddText(part.text);
    if (part.kind == Kind::kText || faults.size() >= kMaxFaults) continue;
    std::string fault = directory.FaultOf(part);
    if (!fault.empty() && faults.insert(fault).second) rendered.faults.push_back(std::move(fault));
  }
  rendered.text = joiner.Take();
  return rendered;
}

}  // namespace seedance::model
