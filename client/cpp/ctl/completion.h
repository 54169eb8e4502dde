#ifndef SEEDANCE_CLIENT_CPP_CTL_COMPLETION_H_
#define SEEDANCE_CLIENT_CPP_CTL_COMPLETION_H_

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace seedance::client::ctl {

// What the scripts of `seedancectl completion` call: `seedancectl __complete WORD...`, with the words of the command
// line after its first one up to the cursor. The last word is the one to complete, and may be empty.
inline constexpr char kCompleteWord[] = "__complete";

// What may stand for the last of `words`: `<word>\t<help>` lines, or `:file` where the name of a file is wanted. Reads
// only how `app` is set up, so that it needs no gateway. Values behind `--option=` are not completed.
std::string CompletionText(const CLI::App& app, const std::vector<std::string>& words);

// The commands in a command, and all long options that may follow it.
std::vector<std::string> WordsOf(const CLI::App& command);

// The script of a shell: "bash", "zsh" or "fish".
std::string CompletionScript(const std::string& shell);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_COMPLETION_H_
