# fish completion of git mnemo.
# Written by docs/generate.py from the commands and docs/templates; do not edit.

# The words after `mnemo` that are no options.
function __git_mnemo_words
    set -l words (commandline -opc)
    set -l at (contains -i -- mnemo $words); or return 1
    set -e words[1..$at]
    string match -v -- '-*' $words
    return 0
end

function __git_mnemo_at --description 'true where the command line is at this command'
    set -l words (__git_mnemo_words); or return 1
    test (count $words) -ge (count $argv); or return 1
    test (count $argv) -gt 0; or test (count $words) -eq 0; or return 1
    test (count $argv) -eq 0; or test "$words[1..$(count $argv)]" = "$argv"
end

function __git_mnemo_only --description 'true where it is at this command, and no word has followed'
    __git_mnemo_at $argv; and test (count (__git_mnemo_words)) -eq (count $argv)
end

# Ids, asked of git alone: the last hundred chains, or those of the day that is typed.
function __git_mnemo_candidates
    set -l typed (commandline -ct)
    switch $argv[1]
        case session
            git for-each-ref --format='%(refname:lstrip=3)' refs/mnemo/sessions 2>/dev/null
        case archived
            git for-each-ref --format='%(refname:lstrip=3)' refs/mnemo/archive 2>/dev/null
        case remote
            git remote 2>/dev/null
        case revision
            git for-each-ref --format='%(refname:short)' refs/heads refs/tags refs/remotes 2>/dev/null
        case any
            __git_mnemo_candidates session
            __git_mnemo_candidates chain
        case chain
            for ref in (git for-each-ref --sort=-committerdate --count=5 --format='%(refname)' refs/mnemo/sessions 2>/dev/null)
                git ls-tree -r -d --name-only $ref 2>/dev/null | string replace -rf '.*/(ch_[0-9a-f_]+)$' '$1'
            end
            if string match -q 'ch_????????*' -- $typed
                set -l day (string replace -rf '^ch_(....)(..)(..).*' '$1-$2/$3/' -- $typed)
                git ls-tree -r -d --name-only refs/mnemo/project $day 2>/dev/null | string replace -rf '.*/(ch_[0-9a-f_]+)$' '$1'
            else
                git log -100 --format=%s refs/mnemo/project 2>/dev/null | string replace -rf '^promote (ch_[0-9a-f_]+): (.*)' '$1\t$2'
            end
        case node
            for ref in (git for-each-ref --sort=-committerdate --count=5 --format='%(refname)' refs/mnemo/sessions 2>/dev/null)
                git ls-tree -r --name-only $ref 2>/dev/null | string replace -rf '.*/[0-9]+-([0-9a-f]+)$' '$1'
            end
    end
end

complete -c git -n '__fish_git_needs_command' -a mnemo -d 'Keep the reasoning of coding agents in the repository'
@COMPLETIONS@
