#include "client/cpp/ctl/completion.h"

namespace seedance::client::ctl {
namespace {

// Without bash-completion words end at `=` and `:`; names of resources have neither.
constexpr char kBash[] = R"(# bash completion of seedancectl; written by `seedancectl completion bash`
_seedancectl() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD word help
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n =: cur words cword
  fi
  COMPREPLY=()
  while IFS=$'\t' read -r word help; do
    if [[ $word == :file ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("$word")
    fi
  done < <("$1" __complete "${words[@]:1:cword}" 2>/dev/null)
}
complete -F _seedancectl seedancectl
)";

constexpr char kZsh[] = R"(#compdef seedancectl
# zsh completion of seedancectl; written by `seedancectl completion zsh`
_seedancectl() {
  local line files=
  local -a found
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      files=1
    else
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if [[ -n $files ]]; then
    _files
  else
    _describe seedancectl found
  fi
}
# Read by compinit as a function, or by `source`.
if [[ ${funcstack[1]} == _seedancectl ]]; then
  _seedancectl "$@"
else
  compdef _seedancectl seedancectl
fi
)";

constexpr char kFish[] = R"(# fish completion of seedancectl; written by `seedancectl completion fish`
function __seedancectl_complete
  set -l words (commandline -opc) (commandline -ct | string collect --allow-empty)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :file
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c seedancectl -f -a '(__seedancectl_complete)'
)";

}  // namespace

std::string CompletionScript(const std::string& shell) {
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : kBash;
}

}  // namespace seedance::client::ctl
