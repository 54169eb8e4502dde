#include "client/cpp/ctl/completion.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/exit_code.h"

namespace seedance::client::ctl {
namespace {

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// Options of a command and, as they may follow it, of those that it is in.
std::vector<const CLI::Option*> OptionsOf(const CLI::App* command) {
  std::vector<const CLI::Option*> options;
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options()) {
      if (option->nonpositional() && !option->get_group().empty()) options.push_back(option);
    }
  }
  return options;
}

const CLI::Option* FindOption(const CLI::App* command, const std::string& word) {
  for (const CLI::Option* option : OptionsOf(command)) {
    if (option->check_name(word)) return option;
  }
  return nullptr;
}

const CLI::App* FindCommand(const CLI::App& command, const std::string& word) {
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name() == word) return sub;
  }
  return nullptr;
}

// The place of the word to complete.
struct Place {
  const CLI::App* command = nullptr;
  const CLI::Option* value_of = nullptr;  // The word is the value of this option.
  int positionals = 0;                    // That stand before it.
  bool only_positionals = false;          // After `--`.
};

Place Find(const CLI::App& app, const std::vector<std::string>& words) {
  Place place;
  place.command = &app;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.value_of != nullptr) {
      place.value_of = nullptr;
    } else if (word == "--") {
      place.only_positionals = true;
    } else if (!place.only_positionals && absl::StartsWith(word, "-")) {
      const CLI::Option* option = FindOption(place.command, word);
      if (option != nullptr && TakesValue(*option)) place.value_of = option;
    } else if (const CLI::App* sub = FindCommand(*place.command, word); sub != nullptr) {
      place.command = sub;
    } else {
      ++place.positionals;
    }
  }
  return place;
}

// The positional argument at a place; the last one may be repeated.
const CLI::Option* Positional(const Place& place) {
  std::vector<const CLI::Option*> found;
  for (const CLI::Option* option : place.command->get_options()) {
    if (option->get_positional()) found.push_back(option);
  }
  const auto index = static_cast<size_t>(place.positionals);
  if (index < found.size()) return found[index];
  return !found.empty() && found.back()->get_items_expected_max() > 1 ? found.back() : nullptr;
}

void Add(std::string& text, const std::string& word, const std::string& help) {
  absl::StrAppend(&text, word, "\t", std::string(help, 0, help.find('\n')), "\n");
}

// Words of a value: those of a set, which its type names as `TEXT:{a,b}`.
std::string Values(const CLI::Option& option, const std::string& start) {
  const std::string type = option.get_type_name();
  if (type == "FILE" || option.get_name(true) == "FILE") return ":file\n";
  std::string text;
  const size_t begin = type.find('{');
  const size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return text;
  for (const absl::string_view word : absl::StrSplit(type.substr(begin + 1, end - begin - 1), ',')) {
    if (absl::StartsWith(word, start)) Add(text, std::string(word), "");
  }
  return text;
}

std::string Options(const CLI::App* command, const std::string& start) {
  std::string text;
  for (const CLI::Option* option : OptionsOf(command)) {
    for (const std::string& name : option->get_lnames()) {
      if (absl::StartsWith("--" + name, start)) Add(text, "--" + name, option->get_description());
    }
  }
  return text;
}

std::string Commands(const CLI::App& command, const std::string& start) {
  std::string text;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (absl::StartsWith(sub->get_name(), start)) Add(text, sub->get_name(), sub->get_description());
  }
  return text;
}

}  // namespace

std::string CompletionText(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string word = words.empty() ? "" : words.back();
  const Place place = Find(app, words);
  if (place.value_of != nullptr) return Values(*place.value_of, word);
  if (!place.only_positionals && absl::StartsWith(word, "-")) return Options(place.command, word);
  if (const CLI::Option* positional = Positional(place); positional != nullptr) return Values(*positional, word);
  return Commands(*place.command, word);
}

std::vector<std::string> WordsOf(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : OptionsOf(&command)) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

void AddCompletionCommand(CLI::App& app, Session& session) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(app, session, "completion", "print the script that completes seedancectl in a shell",
                 {"source <(seedancectl completion bash)", "seedancectl completion zsh >~/.zfunc/_seedancectl",
                  "seedancectl completion fish >~/.config/fish/completions/seedancectl.fish"},
                 [&session, shell] {
                   session.console.out << CompletionScript(*shell);
                   return static_cast<int>(kExitOk);
                 });
  NeedsNoGateway(command, session);
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace seedance::client::ctl
