#!/bin/sh
# One claim into a tree of the format: REF TEXT CHAIN. Every folder on the way is read and rewritten.
set -eu
month=2026-01 day=01 fan=8a

# put OLD MODE TYPE OBJECT NAME: the tree OLD with this entry in it.
put() {
    { git ls-tree "$1" | grep -v "	$5\$" || :; printf '%s %s %s\t%s\n' "$2" "$3" "$4" "$5"; } |
        git mktree
}

blob=$(printf 'mnemo-node 1\ntype leaf\ndomain context\n\n%s\n' "$2" | git hash-object -w --stdin)
parent=$(git rev-parse --quiet --verify "$1")
tree=$(put "$parent:$month/$day/$fan/$3" 100644 blob "$blob" "0001-$blob")
tree=$(put "$parent:$month/$day/$fan" 040000 tree "$tree" "$3")
tree=$(put "$parent:$month/$day" 040000 tree "$tree" "$fan")
tree=$(put "$parent:$month" 040000 tree "$tree" "$day")
tree=$(put "$parent:" 040000 tree "$tree" "$month")
commit=$(printf 'claim %s: %s\n' "$3" "$2" | git commit-tree "$tree" -p "$parent")
git update-ref "$1" "$commit" "$parent"
