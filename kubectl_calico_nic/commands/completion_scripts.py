"""What ``completion`` prints: for each shell a function that asks ``__complete``.

The protocol is cobra's, which kubectl speaks too: one candidate a line, a description behind a tab,
and ``:N`` last, where bit 2 (4) says that no file names are to be offered.
"""

from __future__ import annotations

from collections.abc import Mapping

_BASH = r"""# bash completion for kubectl-calico_nic:  source <(kubectl-calico_nic completion bash)
_kubectl_calico_nic() {
    local line="${COMP_LINE:0:COMP_POINT}" current word answer directive candidate
    local -a words
    read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current="${words[${#words[@]}-1]}"
    answer="$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)" || return
    directive="${answer##*:}"
    answer="${answer%:*}"
    # bash replaces only what follows the last of its word breaks.
    [[ $current == -*=* ]] && current="${current#*=}"
    word="${current%"${current##*:}"}"
    [[ $COMP_WORDBREAKS == *:* ]] || word=""
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        [[ -n $candidate && $candidate == "$current"* ]] && COMPREPLY+=("${candidate#"$word"}")
    done <<<"$answer"
    if (( !(directive & 4) && ${#COMPREPLY[@]} == 0 )); then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -F _kubectl_calico_nic kubectl-calico_nic
"""

_ZSH = r"""#compdef kubectl-calico_nic
# zsh completion for kubectl-calico_nic:  source <(kubectl-calico_nic completion zsh)
_kubectl_calico_nic() {
    local answer directive line candidate description prefix=""
    local -a lines candidates
    answer="$("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)" || return
    lines=("${(f)answer}")
    directive="${lines[-1]#:}"
    [[ ${words[CURRENT]} == -*=* ]] && prefix="${words[CURRENT]%%=*}="
    for line in "${(@)lines[1,-2]}"; do
        candidate="${line%%$'\t'*}"
        description="${line#*$'\t'}"
        candidate="${candidate//:/\\:}"
        [[ $line == *$'\t'* ]] && candidate+=":$description"
        candidates+=("$candidate")
    done
    if (( ${#candidates} )); then
        _describe -V candidates candidates -P "$prefix" -Q
    elif (( !(directive & 4) )); then
        compset -P '*='
        _files
    fi
}
(( ${+functions[compdef]} )) && compdef _kubectl_calico_nic kubectl-calico_nic
"""

_FISH = r"""# fish completion for kubectl-calico_nic:  kubectl-calico_nic completion fish | source
function __kubectl_calico_nic
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return
    set -l directive (string sub -s 2 -- $answer[-1])
    set -l prefix (string match -r -- '^-[^=]*=' "$current")
    set -e answer[-1]
    if test (count $answer) -gt 0
        printf "$prefix%s\n" $answer
    else if test (math "floor($directive / 4) % 2") -eq 0
        __fish_complete_path (string replace -r -- '^-[^=]*=' '' "$current")
    end
end
complete -c kubectl-calico_nic -f -a '(__kubectl_calico_nic)'
"""

SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
