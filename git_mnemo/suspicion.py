"""What in a text reads like an instruction to an agent, and not like something that was found.

A mark and no verdict: people see it, and agents are not given the text. The patterns know what was
published of such attacks; whoever wants to be believed can say it otherwise.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from git_mnemo.node import Node

LONGEST = 65536
"""Characters that are looked at; no node is longer."""


class Rule(NamedTuple):
    """One way to address an agent: its id, words one of which it needs, and its pattern; of the
    words of `also`, where there are any, it needs one too.

    All are matched with the text in lower case, its blanks joined into single ones, its letters
    in their usual form and what is invisible left out; words and patterns are written so.
    """

    id: str
    words: tuple[str, ...]
    pattern: str
    also: tuple[str, ...] = ()

    def may_match(self, text: str) -> bool:
        """Whether the words are there; most texts are done with that, and need no `re`."""
        return any(map(text.__contains__, self.words)) and (
            not self.also or any(map(text.__contains__, self.also))
        )


_THOSE = (
    r"(?:(?:all|any|every|each|of|the|your|my|our|these|those|this|that|previous|prior|earlier"
    r"|above|preceding|foregoing|existing|former|original|other|initial|system|safety|developer"
    r"|user'?s?|given|current|stated) ){0,6}"
)
_ORDERS = (
    r"(?:instruction|prompt|directive|guideline|guardrail|system message|safety rule"
    r"|previous rule|prior rule|programming|context window)s?"
)
_TOOLS = (
    r"bash|shell|execute|exec|run|write|edit|read|fetch|web|search|computer|command|mcp\w*|tool\w*"
)
_SHELL = r"(?:sudo )?(?:ba|z|da|k|fi)?sh\b|(?:sudo )?(?:python3?|perl|ruby|node|php|pwsh|iex)\b"


def _rule(id_: str, words: str, pattern: str, also: str = "") -> Rule:
    """A rule; words stand one behind the other with `;` between them."""
    return Rule(id_, tuple(words.split(";")), pattern, tuple(also.split(";")) if also else ())


RULES = (
    _rule(
        "ignore-instructions",
        "ignor;disregard;forget;overrid;overrul;bypass;discard;neglect",
        r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|overrul(?:e|ing)"
        r"|bypass(?:ing)?|discard(?:ing)?|neglect(?:ing)?)"
        rf" (?:about )?{_THOSE}{_ORDERS}\b"
        r"(?! (?:cache|set|count|pointer|decod|fetch|level|pipeline|length|file|template)s?)"
        r"|\b(?:ignore|disregard|forget) (?:everything|anything|all(?: of)?(?: that)?|what)"
        r" (?:(?:that )?(?:you|was|were|i|is|has|have) ){0,3}"
        r"(?:above|before|previously|said|told|been|learned|know|written)",
    ),
    _rule(
        "new-instructions",
        "instruction;order;task;goal;directive;objective",
        r"\b(?:your|here are(?: your)?|follow(?: these)?|obey(?: these)?) (?:new|updated|real|true"
        r"|actual|revised|secret|hidden) (?:instruction|order|task|goal|directive|objective)s?\b"
        r"|(?:^|[.!#*:>\]\n] ?)new (?:system |secret |important )?(?:(?:instruction|directive)s? ?:"
        r"|(?:instruction|directive|order)s? for (?:the |all )?(?:ai|agent|assistant|model)s?\b)"
        r"|\binstructions? (?:for|to) (?:the |all |any |every )?(?:ai|llm|language model|coding"
        r" (?:agent|assistant)|assistant|claude|copilot|gemini|chatgpt|gpt)\b",
    ),
    _rule(
        "role-change",
        "you are;act as;pretend;roleplay;role-play;from now on;jailbreak;mode ",
        r"\byou are (?:now|no longer|hereby|henceforth) (?:an? |in |the |bound|free|not |my |un|"
        r"required|dan\b|root|allowed)"
        r"|\b(?:act|behave|respond|roleplay|role-play) as (?:if you (?:were|are|had)|an? (?:ai|"
        r"unrestricted|uncensored|unfiltered|different|evil|root|hacker|admin)|dan\b)"
        r"|\bpretend (?:to be|that you|you are|you're)\b"
        r"|\bfrom now on,? you (?:are|will|must|shall|should|have)\b"
        r"|\b(?:enter|enable|activate|switch to) (?:developer|debug|god|dan|jailbreak|admin) mode"
        r"(?: (?:and|now|then)|,)",
    ),
    _rule(
        "system-prompt",
        "system prompt;system message;developer message;initial prompt;hidden prompt",
        r"\b(?:reveal|print|show|repeat|output|leak|display|tell me|disclose|reproduce|dump|quote"
        r"|replace|change|overwrite|what is) (?:me )?(?:the |your |its |this )?(?:entire |full |own"
        r" |exact |original )?(?:system prompt|system message|developer message|initial prompt"
        r"|hidden prompt)"
        r"|(?:^|[\[<#*\n] ?)(?:system prompt|system message|developer message) ?[:\]>]",
    ),
    _rule(
        "chat-marker",
        "<|;[inst];[/inst];<<sys>>;### system;### instruction;### assistant;[system];"
        "<system;</system;<assistant;</assistant;<human;</human;human:;assistant:;system:",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id"
        r"|end_header_id|begin_of_text|end_of_text|endofprompt)\|>"
        r"|\[/?inst\]|<</?sys>>|\[system\](?:\(#\w+\))?"
        r"|### ?(?:system|instruction|assistant)s? ?:"
        r"|</?(?:system|assistant|human)(?:[-_ ]?(?:prompt|message|reminder|instructions?))?>"
        r"|\n ?(?:human|assistant|system): ",
    ),
    _rule(
        "tool-call",
        "function_;<invoke;</invoke;:invoke;tool_;parameter name;execute_command;use_mcp_tool"
        ";system-reminder;\"tool;'tool;\"function;'function;recipient_name",
        r"</?(?:antml:)?(?:function_calls?|invoke|tool_use|tool_calls?|tool_result|function_result"
        r"|function_results|parameter name|tool_code|execute_command|use_mcp_tool|system-reminder)"
        r"\b"
        r"|\{ ?[\"'](?:tool|function|tool_name|tool_call|function_call|recipient_name)[\"'] ?: ?"
        rf"(?:\{{|[\"'](?:{_TOOLS})\b)",
    ),
    _rule(
        "fence",
        "git-mnemo-memory;</memor;</context;</data;</document;</note;</untrusted;</recall;</quote"
        ";</result;</retrieved;</search_result;end of",
        r"</? ?git-mnemo-memory\b|</(?:memory|memories|context|data|document|documents|notes?"
        r"|untrusted\w*|recall\w*|quoted?|results?|retrieved\w*|search_results?)>"
        r"|(?:^|[\n\-=*#\[<>] ?)end of (?:the )?(?:untrusted|quoted|recalled|retrieved|recorded)"
        r" (?:data|text|content|memory|memories|notes?|context)",
    ),
    _rule(
        "run-this",
        "| ;|sh;|bash;|sudo;<(;$(;curl;wget;iwr;base64;run ;execute;paste",
        rf"\b(?:curl|wget|fetch)\b[^|\n]{{0,300}}\| ?(?:{_SHELL})"
        r"|\b(?:iwr|invoke-webrequest|irm)\b[^|\n]{0,300}\| ?(?:iex|invoke-expression)\b"
        rf"|\bbase64 (?:-d|-D|--decode)\b[^|\n]{{0,80}}\| ?(?:{_SHELL})"
        r"|\b(?:ba|z)?sh (?:-c )?[\"']?(?:<\(|\$\()(?:curl|wget)\b"
        r"|\b(?:you must|you should|you have to|you need to|please|immediately|first|always|now,?)"
        r" (?:run|execute|paste) (?:this|the following|these|that) (?:shell |bash )?"
        r"(?:command|script|code|line|snippet)s?\b",
        "|;<(;$(;command;script;code;line;snippet",
    ),
    _rule(
        "exfiltrate",
        "exfiltrate;send;post;upload;email;forward;transmit;leak;copy;include;append;paste;encode;add",
        r"\bexfiltrate\b(?=.{0,60}\b(?:to|the|all|any|every|via|secrets?|keys?|data|files?)\b)"
        r"|\b(?:send|post|upload|e-?mail|forward|transmit|leak|copy|submit) (?:me |us )?(?:all |any"
        r" |every |the |your |their |its |this |user'?s? |contents? |of |local |private |whole"
        r" |entire |found |env(?:ironment)? |api |ssh |access ){1,8}(?:secrets?|credentials?"
        r"|passwords?|tokens?|keys?|variables|history|conversation|transcript|prompt|\.env|id_rsa"
        r"|files?|source code|repository)\b.{0,40}\bto (?:https?:|http|the (?:url|server|address"
        r"|endpoint|webhook) |[\w.+-]+@[\w-]+\.|\S+\.(?:com|net|org|io|xyz|ru|cn|site|top)\b)"
        r"|\b(?:include|append|paste|encode|add) (?:all |any |the |your |its |contents? |of ){1,5}"
        r"(?:secrets?|credentials?|api keys?|access tokens?|passwords?|environment variables"
        r"|\.env(?: file)?|ssh keys?|conversation)\b.{0,40}\b(?:in|into|to|as) (?:the |a |your |an"
        r" )?(?:url|query|request|image|link|comment|commit|pull request|reply|answer|response)",
        "exfiltrate;secret;credential;password;token;key;variable;history;conversation;transcript;prompt"
        ";.env;id_rsa;files;source code;repository",
    ),
    _rule(
        "keep-quiet",
        "do not;don't;never;without;keep this;hide this",
        r"\b(?:do not|don't|never|must not|should not) (?:ever )?(?:tell|inform|alert|notify|warn"
        r"|mention (?:this|it|any of this) to|reveal (?:this|it) to|show (?:this|it) to"
        r"|disclose (?:this|it) to|report (?:this|it) to|consult) (?:the |your |any )?(?:user"
        r"|human|operator|owner|developer|reviewer|maintainer|programmer|person)s?\b"
        r"(?! (?:for|to (?:type|enter|choose|log|sign|wait|re-?enter|retry|confirm|re)))"
        r"|\bwithout (?:telling|informing|asking|alerting|notifying|consulting|the knowledge of)"
        r" (?:the |your |any )?(?:user|human|operator|owner|developer|reviewer)s?\b"
        r"(?! (?:for|to|which|what|how) )"
        r"|\b(?:keep|hide) this (?:secret |hidden |a secret )?from (?:the |your )?(?:user|human"
        r"|operator|owner|developer|reviewer|maintainer)",
        "user;human;operator;owner;developer;reviewer;maintainer;programmer;person",
    ),
    _rule(
        "to-the-agent",
        "ai ;ai:;ai,;agent;assistant;model;llm;your s;your content",
        r"(?:^|[.!?:;\n\[\(>*#] ?)(?:attention|important|note|warning|message|notice|dear|hey"
        r"|hello|to)?:?,? ?(?:to |for )?(?:the |all |any |every )?(?:ai|llm|coding|language)"
        r"(?: (?:coding )?(?:agent|assistant|model))?s?(?: reading this)? ?[:,!] (?:you (?:must"
        r"|should|will|need|have)|please|always|never|do not|run|execute|delete|send|ignore)\b"
        r"|\b(?:ai|coding|llm) (?:agent|assistant|model)s? (?:reading this|who reads? this|that"
        r" reads? this|must (?:now|always|immediately|first))\b"
        r"|\bif you are an? (?:ai|llm|language model|(?:ai |coding )?(?:agent|assistant))\b"
        r"|\bas an? (?:ai|llm|language model|ai (?:agent|assistant)),? you (?:must|should|will|are)"
        r"|\byour (?:system|safety|content) (?:polic(?:y|ies)|rules?|filters?|guidelines?)"
        r" (?:(?:do|does|is|are|have|has|no|not|been|longer) ){1,4}(?:apply|disabled|lifted"
        r"|suspended|active)",
    ),
    _rule(
        "skip-safety",
        "permission;approval;without asking;confirm;sandbox;safety;authori;consent;a prompt",
        r"\b(?:you (?:must|should|may|can|have)|always|please|just|agents? (?:must|should|may))"
        r" (?:\w+ ){0,3}(?:without (?:asking|permission|approval|confirmation|confirming|a prompt)"
        r"|skip(?:ping)? (?:all |the |any )?(?:permission|approval|confirmation|safety)"
        r" (?:checks?|prompts?|rules?|requests?))"
        r"|\b(?:disable|turn off|switch off|leave) (?:the |your |all )?(?:sandbox(?:ing)?|safety"
        r" (?:checks?|rules?|filters?)|permission (?:checks?|prompts?)|approval prompts?) (?:and|"
        r"then|before|now|first|so that)\b"
        r"|\b(?:you|claude|agents?) (?:have|has|already have|were given|are granted) (?:full |all"
        r" |root |admin |the user's )?(?:permission|approval|authori[sz]ation|consent) to\b",
    ),
)
"""What a text says; the next ones are what it looks like."""

HIDDEN_COMMENT, INVISIBLE, REORDERED, ESCAPES = (
    "hidden-comment", "invisible-text", "reordered-text", "terminal-escape",
)  # fmt: skip
IDS = (*(rule.id for rule in RULES), HIDDEN_COMMENT, INVISIBLE, REORDERED, ESCAPES)

_LINK_COMMENT = r"(?is)\[(?://|comment)\]: ?(?:#|<>) ?[(\"'].{0,2000}"
_MOST_OF_COMMENT = 4000
_SPEAKS = (
    r"(?i)\b(?:you|agents?|assistants?|ai|llm|model|claude|copilot|instructions?|prompts?|ignore"
    r"|execute|secrets?|must|curl)\b"
)
_FLAGS = "\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f"
_JOINERS = "[\u200b-\u200d\u2060]{3}"
_WORDS_OF_PLENTY = 4
_ZERO_WIDTH = frozenset("\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u00ad")
_ESCAPES = frozenset("\x1b\x90\x98\x9b\x9c\x9d\x9e\x9f")
_REORDERING = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_UNREAD = _ZERO_WIDTH | _REORDERING | frozenset("\u200c\u200d\u200e\u200f\u202c\u2069")
_MOST_ZERO_WIDTH = 3
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһԛԝ’‘“”‐‑–—", "aeopcyxijsdhqw''\"\"----")

_compiled: dict[str, re.Pattern[str]] = {}
_judged: dict[str, tuple[str, ...]] = {}
_MOST_JUDGED = 512


def suspect(text: str) -> tuple[str, ...]:
    """The ids of what is suspicious in a text, in the order of `IDS`; mostly none."""
    known = _judged.get(text)
    if known is None:
        if len(_judged) >= _MOST_JUDGED:
            _judged.clear()
        known = _judged[text] = _judge(text[:LONGEST])
    return known


def of_any(texts: Iterable[str]) -> tuple[str, ...]:
    """The ids of what is suspicious in any of these texts."""
    found = {id_ for text in texts for id_ in suspect(text)}
    return tuple(id_ for id_ in IDS if id_ in found)


def of_node(found: Node, authors: Iterable[str] = ()) -> tuple[str, ...]:
    """The ids of what is suspicious in a node's text, in the paths it is about, in the names of
    those who claimed it."""
    return of_any([found.text, *(anchor.path for anchor in found.anchors), *authors])


def usual(text: str) -> str:
    """The text as it is matched: what is invisible left out, letters in their usual form."""
    if not text.isascii():
        import unicodedata

        # Characters of the tag block stand for ASCII, which what reads them sees.
        shown = "".join(
            chr(ord(char) - 0xE0000) if "\U000e0020" <= char <= "\U000e007e" else char
            for char in text
            if char not in _UNREAD
        )
        text = unicodedata.normalize("NFKC", shown).translate(_LOOKALIKES)
    lines = (" ".join(line.split()) for line in text.lower().split("\n"))
    return "\n".join(line for line in lines if line)


def _judge(text: str) -> tuple[str, ...]:
    found = set[str]() if text.isascii() and text.isprintable() else set(_looks(text))
    plain = usual(text)
    joined = plain.replace("\n", " ")
    for rule in RULES:
        if rule.may_match(joined):
            pattern = _pattern(rule.pattern)
            if pattern.search(plain) or (joined != plain and pattern.search(joined)):
                found.add(rule.id)
    if any(map(_speaks, _comments(text))):
        found.add(HIDDEN_COMMENT)
    return tuple(id_ for id_ in IDS if id_ in found)


def _comments(text: str) -> Iterator[str]:
    """The beginnings of what is hidden where the text is shown as Markdown or HTML."""
    at = text.find("<!--")
    while at >= 0:
        yield text[at : at + _MOST_OF_COMMENT].partition("-->")[0]
        end = text.find("-->", at)
        if end < 0:
            break  # all that follows is hidden
        at = text.find("<!--", end)
    if "]:" in text:
        yield from _pattern(_LINK_COMMENT).findall(text)


def _speaks(comment: str) -> bool:
    """Whether a comment says something to a reader, and not to a program that formats text."""
    return len(comment.split()) >= _WORDS_OF_PLENTY and bool(_pattern(_SPEAKS).search(comment))


def _pattern(written: str) -> re.Pattern[str]:
    if written not in _compiled:
        import re

        _compiled[written] = re.compile(written)
    return _compiled[written]


def _looks(text: str) -> Iterator[str]:
    """What a text looks like: the ids that tell of characters and not of words."""
    if not _ESCAPES.isdisjoint(text):
        yield ESCAPES
    if not _REORDERING.isdisjoint(text):
        yield REORDERED
    selectors = sum("\U000e0100" <= char <= "\U000e01ef" for char in text)
    zero = sum(char in _ZERO_WIDTH for char in text.removeprefix("\ufeff"))
    if (
        max(selectors, zero) > _MOST_ZERO_WIDTH
        or _has_tags(text)
        or ("\u200d" in text and _pattern(_JOINERS).search(text))
    ):
        yield INVISIBLE


def _has_tags(text: str) -> bool:
    """Whether the tag block spells more than the flags of England and its like."""
    if not any("\U000e0020" <= char <= "\U000e007e" for char in text):
        return False
    rest = _pattern(_FLAGS).sub("", text)
    return any("\U000e0020" <= char <= "\U000e007e" for char in rest)
