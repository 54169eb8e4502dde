#include "service/model/mentions.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/base/utf8.h"
#include "service/model/task_rules.h"

namespace seedance::model {
namespace {

using Kind = PromptPart::Kind;

constexpr size_t kMaxLabelBytes = 32;
constexpr size_t kTooLarge = 1'000'000;  // No task has so many references.
constexpr size_t kMaxFaults = 10;
constexpr size_t kMaxQuotedBytes = 40;

// Words before a number that are marked by `@`, `＠` or brackets; in any case, the longest first.
struct Word {
  std::string_view text;
  MediaType type;
};
constexpr Word kMarkedWords[] = {
    {"图片", MediaType::kImage},    {"图像", MediaType::kImage},  {"图", MediaType::kImage},
    {"视频", MediaType::kVideo},    {"音频", MediaType::kAudio},  {"image", MediaType::kImage},
    {"picture", MediaType::kImage}, {"img", MediaType::kImage},   {"pic", MediaType::kImage},
    {"video", MediaType::kVideo},   {"audio", MediaType::kAudio}, {"圖片", MediaType::kImage},
    {"圖像", MediaType::kImage},    {"圖", MediaType::kImage},    {"視頻", MediaType::kVideo},
    {"音頻", MediaType::kAudio},
};
// Words of prose: exact case, whole words.
constexpr Word kPlainWords[] = {
    {"Image ", MediaType::kImage}, {"Video ", MediaType::kVideo}, {"Audio ", MediaType::kAudio}};

// What marks a mention: text before its word, and after its number.
struct Mark {
  std::string_view before;
  std::string_view behind;
};
constexpr Mark kMarks[] = {{"@", ""}, {"＠", ""}, {"[", "]"}, {"【", "】"}, {"［", "］"}};

constexpr std::string_view kSpaces[] = {" ", "　"};
// Separators between word and number that people write but no vendor reads as a mention.
constexpr std::string_view kSeparators[] = {"-", "_", "#", "(", "＃", "（"};
constexpr std::string_view kFullWidthDigits[] = {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
constexpr std::string_view kNumerals[] = {"零", "〇", "一", "二", "两", "三", "四", "五", "六",
                                          "七", "八", "九", "十", "百", "壹", "贰", "叁"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
// Only ASCII: Chinese and Japanese text is written without spaces, so that its characters end a word.
bool IsWordCharacter(char c) { return IsAlnum(c) || c == '_'; }
bool IsLabelCharacter(char c) { return IsWordCharacter(c) || c == '-'; }

bool StartsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// ASCII letters in any case; `lower` has none in upper case.
bool StartsWithWord(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char left, char right) {
           return left == absl::ascii_tolower(static_cast<unsigned char>(right));
         });
}

// Bytes of the one of `texts` that `text` begins with; 0: none.
template <size_t kSize>
size_t OneOf(const std::string_view (&texts)[kSize], std::string_view text) {
  const auto found = std::find_if(std::begin(texts), std::end(texts),
                                  [text](std::string_view each) { return StartsWith(text, each); });
  return found == std::end(texts) ? 0 : found->size();
}

// Value of the digit that `text` begins with, -1 if it begins with none. `bytes`: its length.
int DigitOf(std::string_view text, size_t& bytes) {
  bytes = 1;
  if (!text.empty() && IsDigit(text.front())) return text.front() - '0';
  for (int value = 0; value < 10; ++value) {
    bytes = kFullWidthDigits[value].size();
    if (StartsWith(text, kFullWidthDigits[value])) return value;
  }
  return -1;
}

class Scanner {
 public:
  explicit Scanner(std::string_view prompt) : prompt_(prompt) {}

  std::vector<PromptPart> Run() {
    while (at_ < prompt_.size()) {
      if (!TakeDoubleBraces() && !TakeLabel() && !TakeMarked() && !TakePlain()) ++at_;
    }
    EndText(at_);
    return std::move(parts_);
  }

 private:
  char Byte(size_t i) const { return i < prompt_.size() ? prompt_[i] : '\0'; }

  // Ends the plain text at `end`.
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

  // Only around a label, so that prompts in JSON keep their braces.
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

  bool TakeMarked() {
    const std::string_view rest = prompt_.substr(at_);
    const auto mark = std::find_if(std::begin(kMarks), std::end(kMarks),
                                   [rest](const Mark& each) { return StartsWith(rest, each.before); });
    if (mark == std::end(kMarks)) return false;
    const auto word = std::find_if(std::begin(kMarkedWords), std::end(kMarkedWords), [&](const Word& each) {
      return StartsWithWord(rest.substr(mark->before.size()), each.text);
    });
    if (word == std::end(kMarkedWords)) return false;
    size_t end = mark->before.size() + word->text.size();
    for (size_t bytes = 0; (bytes = OneOf(kSpaces, rest.substr(end))) > 0;) end += bytes;
    return TakeDigits(*mark, word->type, end) || TakeNumerals(*mark, end) || TakeSeparated(*mark, end);
  }

  // Takes the digits that begin at `at`, and moves it behind them.
  size_t NumberAt(size_t& at) const {
    size_t number = 0;
    size_t bytes = 0;
    for (int digit = 0; (digit = DigitOf(prompt_.substr(at), bytes)) >= 0; at += bytes) {
      number = std::min(number * 10 + static_cast<size_t>(digit), kTooLarge);
    }
    return number;
  }

  // A mention whose number begins `begin` bytes behind `at_`.
  bool TakeDigits(const Mark& mark, MediaType type, size_t begin) {
    size_t end = at_ + begin;
    const size_t number = NumberAt(end);
    if (end == at_ + begin || !StartsWith(prompt_.substr(end), mark.behind) || IsAddress(mark, end)) return false;
    Take({Kind::kNumber, "", "", type, number}, end + mark.behind.size() - at_);
    return true;
  }

  // Would be a mention, but its number is in Chinese numerals, which may begin a word (`一样`).
  bool TakeNumerals(const Mark& mark, size_t begin) {
    const std::string_view rest = prompt_.substr(at_);
    size_t end = begin;
    for (size_t bytes = 0; (bytes = OneOf(kNumerals, rest.substr(end))) > 0;) end += bytes;
    if (end == begin || !StartsWith(rest.substr(end), mark.behind)) return false;
    Take({Kind::kUnread, "", "", {}, 0}, end + mark.behind.size());
    return true;
  }

  // Would be a mention, but for the separator before its number.
  bool TakeSeparated(const Mark& mark, size_t begin) {
    const size_t number = at_ + begin + OneOf(kSeparators, prompt_.substr(at_ + begin));
    size_t end = number;
    (void)NumberAt(end);
    if (number == at_ + begin || end == number || IsAddress(mark, end)) return false;
    Take({Kind::kUnread, "", "", {}, 0}, end - at_);
    return true;
  }

  // `bob@image1-cdn.com`: `end` is where the number ends.
  bool IsAddress(const Mark& mark, size_t end) const {
    if ((mark.before != "@" && mark.before != "＠") || at_ == 0) return false;
    const char before = prompt_[at_ - 1];
    const bool named = IsWordCharacter(before) || before == '.' || before == '-' || before == '+';
    while (named && (IsAlnum(Byte(end)) || Byte(end) == '-')) ++end;
    return named && Byte(end) == '.' && IsAlnum(Byte(end + 1));
  }

  bool TakePlain() {
    const std::string_view rest = prompt_.substr(at_);
    const auto word = std::find_if(std::begin(kPlainWords), std::end(kPlainWords), [&](const Word& each) {
      size_t bytes = 0;
      return StartsWith(rest, each.text) && DigitOf(rest.substr(each.text.size()), bytes) >= 0;
    });
    if (word == std::end(kPlainWords) || (at_ > 0 && IsWordCharacter(prompt_[at_ - 1]))) return false;
    size_t end = at_ + word->text.size();
    const size_t number = NumberAt(end);
    // `Image 16:9` is an aspect ratio.
    const bool ratio = Byte(end) == ':' && IsDigit(Byte(end + 1));
    if (IsWordCharacter(Byte(end)) || ratio) return false;
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
    numbers_.resize(references.size(), {MediaType::kImage, 1});  // Placeholder without a role: such a task is not sent.
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
    const std::string text = base::ToUtf8(mention.text.substr(0, kMaxQuotedBytes));
    if (mention.kind == Kind::kLabel) {
      return absl::StrCat("mentions `", text, "`, but no reference has this label; to send it as text, write `{", text,
                          "}`");
    }
    const size_t count = CountOf(mention.type);
    if (mention.number > count && mention.number <= count + unknown_) return "";
    return absl::StrCat("mentions `", text, "`, but there ", count == 1 ? "is 1 " : absl::StrCat("are ", count, " "),
                        NameOf(mention.type), count == 1 ? "" : "s", " among the references");
  }

  bool has_labels() const { return !by_label_.empty(); }

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

std::string NotRead(const PromptPart& part) {
  return absl::StrCat(
      "`", base::ToUtf8(part.text.substr(0, kMaxQuotedBytes)),
      "` in the prompt is sent as text: a mention has its number in digits, right after its word, as in `@图1`");
}

// Joins pieces such that no number or word merges with its neighbour.
class Joiner {
 public:
  void AddText(std::string_view text) {
    size_t bytes = 0;
    if (after_number_ && !text.empty() && (IsWordCharacter(text.front()) || DigitOf(text, bytes) >= 0)) text_ += ' ';
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
  std::set<std::string> told;
  Joiner joiner;
  for (const PromptPart& part : ParsePrompt(prompt)) {
    const bool mentions = part.kind == Kind::kNumber || (part.kind == Kind::kLabel && directory.has_labels());
    const size_t index = mentions ? directory.Find(part) : Directory::kNone;
    if (index != Directory::kNone) {
      const auto& [type, number] = directory.NumberOf(index);
      rendered.mentioned[index] = true;
      joiner.AddMention(WordOf(notation, type), number);
      continue;
    }
    joiner.AddText(part.text);
    std::vector<std::string>& list = mentions ? rendered.faults : rendered.warnings;
    if ((!mentions && part.kind != Kind::kUnread) || list.size() >= kMaxFaults) continue;
    std::string text = mentions ? directory.FaultOf(part) : NotRead(part);
    if (!text.empty() && told.insert(text).second) list.push_back(std::move(text));
  }
  rendered.text = joiner.Take();
  return rendered;
}

}  // namespace seedance::model
