#!/bin/sh
# One session, from the first claim to gc, in a scratch repository. Run by `make demo`.
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

run() {
    printf '\n$ %s\n' "$1"
    eval "$1"
}

git init --quiet "$scratch/pool"
cd "$scratch/pool"
git commit --quiet --allow-empty --message "Start"

run 'git mnemo claim "Retries time out on a cold start: the pool is created per request."'
run 'git mnemo claim "Creating the pool once, at import, removes the cold start."'
run 'git mnemo status'
run 'git mnemo promote'
run 'git log --oneline refs/mnemo/project'
run 'git mnemo archive'
run 'git mnemo gc --dry-run'
