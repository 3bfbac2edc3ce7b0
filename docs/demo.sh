#!/bin/sh
# A session from the first claim to gc, and a second agent that profits, in a scratch repository. Run by `make demo`.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing of the caller's git reaches the demo.
for name in $(env | sed -n 's/^\(GIT_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$scratch" XDG_CONFIG_HOME="$scratch/config" GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_CONFIG_GLOBAL="$scratch/gitconfig"
git config --global user.name "Ada Example"
git config --global user.email "ada@example.com"
git config --global init.defaultBranch main

tell() {
    printf '\n# %s\n' "$1"
}

# Shows a command and runs it; the demo ends with the first that fails.
run() {
    printf '$ %s\n' "$1"
    if sh -c "$1" >"$scratch/said" 2>&1; then
        cat "$scratch/said"
    else
        status=$?
        cat "$scratch/said"
        printf 'error: the demo stops here: exit status %s from: %s\n' "$status" "$1" >&2
        exit "$status"
    fi
}

# What a pattern finds in the answer of the last command.
said() {
    found=$(sed -n "s/$1/\\1/p" "$scratch/said")
    [ -n "$found" ] || {
        printf 'error: the demo stops here: nothing like %s in the last answer\n' "$1" >&2
        exit 1
    }
    printf '%s\n' "$found"
}
CHAIN='^\[\(ch_[0-9a-f_]*\) .*'
NODE='^\[ch_[0-9a-f_]* \([0-9a-f]*\)\].*'

git init --quiet "$scratch/pool"
cd "$scratch/pool"
mkdir src
printf 'import socket\n\n\ndef connect():\n    return socket.create_connection(("db", 5432))\n' >src/pool.py
git add src
git commit --quiet --message "Connect to the database"

export GIT_MNEMO_AGENT=scout
tell "An agent looks into a bug and says what it finds; the first claim begins a session and a chain."
run 'git mnemo claim --anchor src/pool.py:4-5 "Retries time out: each request opens a connection."'
run 'git mnemo claim "Ruled out: a longer timeout. The proxy gives up after 10 s anyway."'
run 'git mnemo claim --domain decisions "One pool per process, opened by the first request."'
chain=$(said "$CHAIN")
decision=$(said "$NODE")

tell "On second thoughts it decides otherwise: the new claim takes the place of the old one, which stays on record."
run "git mnemo supersede $decision 'One pool per process, opened at import: no request waits.'"
run "git mnemo show $chain"

tell "Something else comes to its mind; that is a chain of its own, put aside for now."
run 'git mnemo claim --new-chain "The limit of 10 s in the proxy could be raised, says its manual."'
other=$(said "$CHAIN")
run "git mnemo stash $other --reason 'not needed for this bug'"

tell "Where do we stand?"
run 'git mnemo'

tell "The fix is in, so the reasoning has proved its worth: it goes to the project; what was put aside does not."
run 'git mnemo promote --all'

tell "The project's log is a log of decisions, in plain git and in ours."
run 'git log --oneline refs/mnemo/project'
run 'git mnemo log -n 3'

tell "The agent ends here."
run 'git mnemo session'
session=$(said '^\(s_[0-9a-f]*\) .*')

export GIT_MNEMO_AGENT=builder
tell "Another agent, in a session of its own, finds the decision and the reasons for it."
run 'git mnemo session start --new'
run 'git mnemo chains --project'
run "git mnemo show $chain"
run 'git mnemo claim "The pool must be opened after a fork, or workers share its connections."'

tell "The first session is over: it moves to the archive, and says what it held that nobody promoted."
run "git mnemo archive $session"

tell "Nothing is lost: it can be brought back, and ended again."
run "git mnemo restore $session"
run "git mnemo archive $session"

tell "After 30 days gc would let it go; today it keeps everything, even if asked for what is older than a day."
run 'git mnemo gc --expire 1.day --dry-run'

tell "The work tree and the branch never noticed."
run 'git status --short --branch'
run 'git for-each-ref'
