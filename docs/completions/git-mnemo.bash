# bash completion of git mnemo, read on demand by git's own completion.
# Written by docs/generate.py from the commands and docs/templates; do not edit.

__git_mnemo_commands="init uninstall status claim supersede compress retract chains show recall log graph why verify export import stash pop promote session archive restore gc purge doctor fsck fetch pull push sync mcp reindex agent help"

# The options of a command.
__git_mnemo_options ()
{
	case "$1" in
	"") echo "--git-dir= --version --help" ;;
	"init") echo "--share= --promote= --no-hooks --agents= --yes --dry-run --json --help" ;;
	"uninstall") echo "--all --yes --dry-run --json --help" ;;
	"status") echo "--color --no-color --session= --json --help" ;;
	"claim") echo "--batch --chain= --new-chain --title= --scratch --domain= --input= --anchor= --node= --agent= --session= --json --help" ;;
	"supersede") echo "--text= --chain= --domain= --anchor= --agent= --session= --json --help" ;;
	"compress") echo "--text= --chain= --domain= --anchor= --agent= --session= --json --help" ;;
	"retract") echo "--reason= --chain= --domain= --anchor= --agent= --session= --json --help" ;;
	"chains") echo "--preliminary --project --archived --stashed --date= --color --no-color --session= --json --help" ;;
	"show") echo "--date= --color --no-color --session= --json --help" ;;
	"recall") echo "--limit= --budget= --path= --domain= --since= --all --project-only --session-only --nodes --batch --session= --json --help" ;;
	"log") echo "--hidden --limit= --date= --color --no-color --session= --json --help" ;;
	"graph") echo "--format= --limit= --color --no-color --session= --json --help" ;;
	"why") echo "--limit= --budget= --session= --json --help" ;;
	"verify") echo "--rev= --session= --json --help" ;;
	"export") echo "--format= --out= --session= --json --help" ;;
	"import") echo "--format= --into-session --from-history --limit= --dry-run --session= --json --help" ;;
	"stash") echo "--reason= --agent= --session= --json --help" ;;
	"pop") echo "--agent= --session= --json --help" ;;
	"promote") echo "--all --with-stashed --dry-run --agent= --session= --json --help" ;;
	"session") echo "--session= --json --help" ;;
	"session list") echo "--json --help" ;;
	"session resume") echo "--json --help" ;;
	"session start") echo "--new --agent= --session= --json --help" ;;
	"archive") echo "--idle --session= --json --help" ;;
	"restore") echo "--json --help" ;;
	"gc") echo "--expire= --auto --remote= --dry-run --json --help" ;;
	"purge") echo "--remote= --accept --yes --json --help" ;;
	"doctor") echo "--fix --json --help" ;;
	"fsck") echo "--fix --json --help" ;;
	"fetch") echo "--sessions --json --help" ;;
	"pull") echo "--sessions --yes --json --help" ;;
	"push") echo "--sessions --yes --json --help" ;;
	"sync") echo "--sessions --yes --json --help" ;;
	"mcp") echo "--repo= --agent= --session= --help" ;;
	"reindex") echo "--json --help" ;;
	"agent") echo "--help" ;;
	"agent install") echo "--scope= --agents-md --dry-run --json --help" ;;
	"agent preview") echo "--prompt= --file= --json --help" ;;
	"agent status") echo "--json --help" ;;
	"agent uninstall") echo "--scope= --dry-run --json --help" ;;
	"help") echo "--help" ;;
	esac
}

# What stands after a command, or after one of its options: a kind, or words between brackets.
__git_mnemo_kind ()
{
	case "$1" in
	"-C") echo "file" ;;
	"--git-dir") echo "file" ;;
	"init --share") echo "remote" ;;
	"init --promote") echo "[on-commit manual]" ;;
	"init --agents") echo "[claude-code codex copilot cursor gemini found]" ;;
	"status --session") echo "session" ;;
	"claim --chain") echo "chain" ;;
	"claim --domain") echo "[architecture context decisions dependencies history issues patterns tasks]" ;;
	"claim --input") echo "node" ;;
	"claim --anchor") echo "file" ;;
	"claim --node") echo "node" ;;
	"claim --session") echo "session" ;;
	"supersede --chain") echo "chain" ;;
	"supersede --domain") echo "[architecture context decisions dependencies history issues patterns tasks]" ;;
	"supersede --anchor") echo "file" ;;
	"supersede --session") echo "session" ;;
	"supersede") echo "node" ;;
	"compress --chain") echo "chain" ;;
	"compress --domain") echo "[architecture context decisions dependencies history issues patterns tasks]" ;;
	"compress --anchor") echo "file" ;;
	"compress --session") echo "session" ;;
	"compress") echo "node" ;;
	"retract --chain") echo "chain" ;;
	"retract --domain") echo "[architecture context decisions dependencies history issues patterns tasks]" ;;
	"retract --anchor") echo "file" ;;
	"retract --session") echo "session" ;;
	"retract") echo "node" ;;
	"chains --session") echo "session" ;;
	"show --session") echo "session" ;;
	"show") echo "any" ;;
	"recall --path") echo "file" ;;
	"recall --domain") echo "[architecture context decisions dependencies history issues patterns tasks]" ;;
	"recall --session") echo "session" ;;
	"log --session") echo "session" ;;
	"log") echo "any" ;;
	"graph --format") echo "[text mermaid dot]" ;;
	"graph --session") echo "session" ;;
	"graph") echo "any" ;;
	"why --session") echo "session" ;;
	"why") echo "file" ;;
	"verify --rev") echo "revision" ;;
	"verify --session") echo "session" ;;
	"verify") echo "file" ;;
	"export --format") echo "[jsonl markdown html]" ;;
	"export --out") echo "file" ;;
	"export --session") echo "session" ;;
	"import --format") echo "[jsonl mcp adr markdown mnemo-store]" ;;
	"import --session") echo "session" ;;
	"import") echo "file" ;;
	"stash --session") echo "session" ;;
	"stash") echo "chain" ;;
	"pop --session") echo "session" ;;
	"pop") echo "chain" ;;
	"promote --session") echo "session" ;;
	"promote") echo "chain" ;;
	"session --session") echo "session" ;;
	"session") echo "[list resume start]" ;;
	"session resume") echo "session" ;;
	"session start --session") echo "session" ;;
	"archive --session") echo "session" ;;
	"archive") echo "session" ;;
	"restore") echo "archived" ;;
	"gc --remote") echo "remote" ;;
	"purge --remote") echo "remote" ;;
	"purge") echo "node" ;;
	"fetch") echo "remote" ;;
	"sync") echo "remote" ;;
	"mcp --repo") echo "file" ;;
	"mcp --session") echo "session" ;;
	"agent") echo "[install preview status uninstall]" ;;
	"agent install --scope") echo "[project user]" ;;
	"agent install") echo "[claude-code codex copilot cursor gemini]" ;;
	"agent preview --file") echo "file" ;;
	"agent status") echo "[claude-code codex copilot cursor gemini]" ;;
	"agent uninstall --scope") echo "[project user]" ;;
	"agent uninstall") echo "[claude-code codex copilot cursor gemini]" ;;
	esac
}

# Candidates of a kind, asked of git alone. $1: the kind, $2: what is typed.
__git_mnemo_candidates ()
{
	local name day path="refs/mnemo/project"
	case "$1" in
	"["*)
		name=${1#[}
		printf '%s\n' ${name%]}
		;;
	session) __git for-each-ref --format='%(refname:lstrip=3)' refs/mnemo/sessions ;;
	archived) __git for-each-ref --format='%(refname:lstrip=3)' refs/mnemo/archive ;;
	remote) __git remote ;;
	any)
		__git_mnemo_candidates session "$2"
		__git_mnemo_candidates chain "$2"
		;;
	chain)
		for name in $(__git for-each-ref --sort=-committerdate --count=5 \
			--format='%(refname)' refs/mnemo/sessions); do
			__git ls-tree -r -d --name-only "$name"
		done | sed -n 's|.*/\(ch_[0-9a-f_]*\)$|\1|p'
		case "$2" in
		ch_????????*)
			day=${2#ch_}
			__git ls-tree -r -d --name-only "$path" \
				"${day:0:4}-${day:4:2}/${day:6:2}/" 2>/dev/null |
				sed -n 's|.*/\(ch_[0-9a-f_]*\)$|\1|p'
			;;
		*)
			__git log -100 --format=%s "$path" 2>/dev/null |
				sed -n 's|^promote \(ch_[0-9a-f_]*\): .*|\1|p'
			;;
		esac
		;;
	node)
		test -z "$2" && return
		for name in $(__git for-each-ref --sort=-committerdate --count=5 \
			--format='%(refname)' refs/mnemo/sessions); do
			__git ls-tree -r --name-only "$name"
		done | sed -n 's|.*/[0-9]*-\([0-9a-f]*\)$|\1|p' | grep "^$2"
		;;
	esac
}

_git_mnemo ()
{
	# cur, cword, words, prev and __git_cmd_idx are git's; the last is new in git 2.31.
	local i=$((${__git_cmd_idx:-1} + 1)) command="" below="" kind="" value
	while [ $i -lt $cword ]; do
		case "${words[i]}" in
		-*) ;;
		*)
			if [ -z "$command" ]; then
				command=${words[i]}
			elif [ -z "$below" ]; then
				below=${words[i]}
			fi
			;;
		esac
		i=$((i + 1))
	done
	if [ -z "$command" ]; then
		case "$cur" in
		-*) __gitcomp "$(__git_mnemo_options "")" ;;
		*) __gitcomp "$__git_mnemo_commands" ;;
		esac
		return
	fi
	case "$command $below" in
	"session list") command="session list" ;;
	"session resume") command="session resume" ;;
	"session start") command="session start" ;;
	"agent install") command="agent install" ;;
	"agent preview") command="agent preview" ;;
	"agent status") command="agent status" ;;
	"agent uninstall") command="agent uninstall" ;;
	esac
	case "$cur" in
	--*=*)
		kind=$(__git_mnemo_kind "$command ${cur%%=*}")
		value=${cur#*=}
		;;
	-*)
		__gitcomp "$(__git_mnemo_options "$command")"
		return
		;;
	*)
		kind=$(__git_mnemo_kind "$command $prev")
		test -n "$kind" || kind=$(__git_mnemo_kind "$command")
		value=$cur
		;;
	esac
	case "$kind" in
	file) __git_complete_index_file 2>/dev/null || COMPREPLY=() ;;
	revision) __git_complete_refs ;;
	"") ;;
	*) __gitcomp_nl "$(__git_mnemo_candidates "$kind" "$value" | sort -u)" "" "$value" ;;
	esac
}
