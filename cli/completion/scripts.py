"""The scripts of `optimizer completion`: they ask the program what could stand at the cursor."""

from __future__ import annotations

from collections.abc import Mapping

ASKING = "__complete"
"""First argument with which a script asks; the words of the line up to the cursor follow."""

FILES = ":files"
"""The answer where the shell completes better: a name of a file."""

BASH = r"""# Completion of optimizer for bash: eval "$(optimizer completion bash)"
_optimizer_complete() {
    local line="${COMP_LINE:0:COMP_POINT}" answer prefix
    local -a words found
    read -ra words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    mapfile -t found < <("${COMP_WORDS[0]}" __complete "${words[@]:1}" 2>/dev/null | cut -f1)
    COMPREPLY=()
    if [[ "${found[0]}" == ":files" ]]; then
        compopt -o default -o bashdefault 2>/dev/null
        return
    fi
    # bash takes : and = for the ends of words, so what stands before them is there already
    prefix="${words[-1]%"$2"}"
    for answer in "${found[@]}"; do
        answer="${answer#"$prefix"}"
        [[ "$answer" == *[=/] ]] && compopt -o nospace 2>/dev/null
        COMPREPLY+=("$(printf '%q' "$answer")")
    done
}
complete -F _optimizer_complete optimizer
"""

ZSH = r"""#compdef optimizer
# Completion of optimizer for zsh: eval "$(optimizer completion zsh)"
_optimizer() {
    local -a answers names lines
    local line
    answers=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ "${answers[1]}" == ":files" ]]; then
        _files
        return
    fi
    for line in "${answers[@]}"; do
        [[ -z "$line" ]] && continue
        names+=("${line%%$'\t'*}")
        lines+=("${line/$'\t'/  -- }")
    done
    (( ${#names} )) && compadd -l -d lines -a names
}
if [[ "$funcstack[1]" == "_optimizer" ]]; then
    _optimizer "$@"
elif (( $+functions[compdef] )); then
    compdef _optimizer optimizer
else
    autoload -Uz compinit && compinit && compdef _optimizer optimizer
fi
"""

FISH = r"""# Completion of optimizer for fish: optimizer completion fish | source
function __optimizer_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answers ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$answers[1]" = ":files"
        __fish_complete_path "$current"
    else
        printf '%s\n' $answers
    end
end
complete -c optimizer -f -a '(__optimizer_complete)'
"""

SCRIPTS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def script(shell: str) -> str:
    """Return the script for a shell."""
    return SCRIPTS[shell]
