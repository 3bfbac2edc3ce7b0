# bash completion of git mnemo, read on demand by git's own completion.
# Written by docs/generate.py from the commands and docs/templates; do not edit.

__git_mnemo_commands="@COMMANDS@"

# The options of a command.
__git_mnemo_options ()
{
	case "$1" in
@OPTIONS@
	esac
}

# What stands after a command, or after one of its options: a kind, or words between brackets.
__git_mnemo_kind ()
{
	case "$1" in
@KINDS@
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
@BELOW@
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
