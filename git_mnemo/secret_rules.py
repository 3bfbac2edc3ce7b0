"""What secrets look like, as data: the formats that vendors publish for their keys and tokens.

A rule is looked at only where one of its words stands in the text, exactly as written (`WORDS` of
the last table: in any case). The match, or its first group, is the secret. `least` is the entropy,
in bits a character, below which a match is a placeholder.
"""

from __future__ import annotations

from git_mnemo.record import NamedTuple


class Rule(NamedTuple):
    """One format: the id that takes the place of the secret, words that announce it, its shape."""

    id: str
    words: tuple[str, ...]
    pattern: str
    least: float = 2.5


_START = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_SEAL = r"(?![A-Za-z0-9_-])"


def _rule(id_: str, words: str, shape: str, least: float = 2.5) -> Rule:
    """A rule for tokens that begin with what identifies them, and stand alone."""
    return Rule(id_, tuple(words.split()), f"{_START}{shape}", least)


def _cased(word: str) -> str:
    """The word as it is written in prose, in names and in settings; for shapes with no mark."""
    return f"{word} {word.title()} {word.upper()} "


CLOUD = (
    _rule("aws-access-key", "AKIA ASIA ABIA ACCA", rf"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{{16}}{_END}"),
    _rule("aws-bedrock-key", "ABSK", rf"ABSK[A-Za-z0-9+/]{{109,269}}={{0,2}}{_END}"),
    _rule("gcp-api-key", "AIza", rf"AIza[0-9A-Za-z_-]{{35}}{_SEAL}"),
    _rule("gcp-oauth-secret", "GOCSPX-", rf"GOCSPX-[0-9A-Za-z_-]{{28}}{_SEAL}"),
    _rule("gcp-oauth-token", "ya29.", r"ya29\.[0-9A-Za-z_-]{20,}"),
    _rule("azure-storage-key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/]{86}==)"),
    _rule("azure-sas-signature", "sig=", r"sig=([A-Za-z0-9%+/]{40,90}(?:=|%3[Dd]))", 3.5),
    _rule(
        "azure-client-secret", "Q~", rf"[A-Za-z0-9_~.]{{3}}[0-9]Q~[A-Za-z0-9_~.-]{{31,34}}{_SEAL}"
    ),
    _rule("azure-devops-token", "AZDO", rf"[A-Za-z0-9]{{76}}AZDO[A-Za-z0-9]{{4}}{_END}"),
    _rule("alibaba-access-key", "LTAI", rf"LTAI[A-Za-z0-9]{{16,20}}{_END}", 3.0),
    _rule("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", rf"do[opr]_v1_[a-f0-9]{{64}}{_END}"),
    _rule("heroku-key", "HRKU-", rf"HRKU-[A-Za-z0-9_-]{{36,60}}{_SEAL}"),
    _rule(
        "fly-token", "fo1_ FlyV1", r"(?:fo1_[\w-]{43}|FlyV1 fm[12][a-z]?_[A-Za-z0-9+/=,_-]{100,})"
    ),
    _rule("vault-token", "hvs. hvb. hvr.", rf"hv[sbr]\.[A-Za-z0-9_-]{{24,300}}{_SEAL}"),
    _rule(
        "terraform-token",
        ".atlasv1.",
        rf"[A-Za-z0-9]{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{60,70}}{_SEAL}",
    ),
    _rule(
        "doppler-token",
        "dp.",
        rf"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]+\.)?[A-Za-z0-9]{{40,44}}{_END}",
    ),
    _rule("pulumi-token", "pul-", rf"pul-[a-f0-9]{{40}}{_END}"),
    _rule("databricks-token", "dapi", rf"dapi[a-f0-9]{{32}}(?:-[0-9])?{_END}"),
    _rule(
        "supabase-key", "sbp_ sb_secret_", rf"(?:sbp_[a-f0-9]{{40}}|sb_secret_[\w-]{{31}}){_SEAL}"
    ),
    _rule(
        "planetscale-token", "pscale_", rf"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{{32,64}}{_SEAL}"
    ),
    _rule("scalingo-token", "tk-us-", rf"tk-us-[\w-]{{48}}{_SEAL}"),
    _rule("cloudflare-origin-key", "v1.0-", rf"v1\.0-[a-f0-9]{{24}}-[a-f0-9]{{146}}{_END}"),
    _rule(
        "ibm-cloud-key",
        "ApiKey-",
        rf"ApiKey-[a-f0-9]{{8}}(?:-[a-f0-9]{{4}}){{3}}-[a-f0-9]{{12}}{_END}",
    ),
    _rule("yandex-key", "AQVN y0_", rf"(?:AQVN[\w-]{{35,38}}|y0_[A-Za-z0-9_-]{{50,60}}){_SEAL}"),
    _rule("tailscale-key", "tskey-", rf"tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{{20,}}{_SEAL}"),
    _rule("openshift-token", "sha256~", rf"sha256~[\w-]{{43}}{_SEAL}"),
)

HOSTS = (
    _rule("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", rf"gh[pousr]_[A-Za-z0-9]{{36,255}}{_SEAL}"),
    _rule(
        "github-fine-grained-token",
        "github_pat_",
        rf"github_pat_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{59}}{_SEAL}",
    ),
    _rule(
        "gitlab-token",
        "glpat- gldt- glptt- glrt- glsoat- glcbt- glft- glimt- glagent- gloas-",
        r"gl(?:pat|dt|ptt|rt|soat|cbt|ft|imt|agent|oas)-[A-Za-z0-9_.-]{20,300}",
    ),
    _rule("gitlab-runner-token", "GR1348941", rf"GR1348941[\w-]{{20}}{_SEAL}"),
    _rule(
        "bitbucket-token",
        "ATBB ATCTT3",
        rf"(?:ATBB[A-Za-z0-9]{{28,32}}|ATCTT3[A-Za-z0-9_=-]{{180,200}}){_SEAL}",
    ),
    _rule("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{60,250}"),
    _rule("gitea-token", "gto_", rf"gto_[a-z2-7]{{52}}{_END}"),
    _rule("sourcegraph-token", "sgp_", rf"sgp_(?:[A-Za-z0-9]{{16}}_|local_)?[a-f0-9]{{40}}{_END}"),
    _rule("circleci-token", "CCIPAT_ CCIPRJ_", r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    _rule("buildkite-token", "bkua_", rf"bkua_[a-f0-9]{{40}}{_END}"),
)

MODELS = (
    _rule("anthropic-key", "sk-ant-", r"sk-ant-(?:api|admin|oat|ort|sid)[0-9]{2}-[\w-]{40,130}"),
    _rule("openai-key", "T3BlbkFJ", r"sk-(?:[a-z]+-)?[\w-]{20,100}T3BlbkFJ[\w-]{20,100}"),
    _rule(
        "openai-key",
        "sk-proj- sk-svcacct- sk-admin- sk-service-",
        rf"sk-(?:proj|svcacct|admin|service)-[\w-]{{40,200}}{_SEAL}",
        3.0,
    ),
    _rule("openrouter-key", "sk-or-", rf"sk-or-v1-[a-f0-9]{{64}}{_END}"),
    _rule(
        "langfuse-key",
        "sk-lf- pk-lf-",
        rf"[sp]k-lf-[a-f0-9]{{8}}(?:-[a-f0-9]{{4}}){{3}}-[a-f0-9]{{12}}{_END}",
    ),
    _rule("api-key", "sk-", rf"sk-[A-Za-z0-9]{{32,64}}{_SEAL}", 3.0),
    _rule("elevenlabs-key", "sk_", rf"sk_[a-f0-9]{{48}}{_END}"),
    _rule("hugging-face-token", "hf_ api_org_", rf"(?:hf|api_org)_[A-Za-z]{{34}}{_SEAL}", 3.0),
    _rule("replicate-token", "r8_", rf"r8_[A-Za-z0-9]{{37}}{_SEAL}"),
    _rule("groq-key", "gsk_", rf"gsk_[A-Za-z0-9]{{52}}{_SEAL}"),
    _rule("perplexity-key", "pplx-", rf"pplx-[A-Za-z0-9]{{48}}{_SEAL}"),
    _rule("xai-key", "xai-", rf"xai-[A-Za-z0-9]{{70,90}}{_SEAL}"),
    _rule("langsmith-key", "lsv2_", rf"lsv2_(?:pt|sk)_[a-f0-9]{{32}}_[a-f0-9]{{10}}{_END}"),
    _rule("tavily-key", "tvly-", rf"tvly-(?:dev-|prod-)?[A-Za-z0-9]{{28,36}}{_SEAL}"),
    _rule("pinecone-key", "pcsk_", rf"pcsk_[A-Za-z0-9]{{4,8}}_[A-Za-z0-9]{{50,70}}{_SEAL}"),
    _rule("nvidia-key", "nvapi-", rf"nvapi-[\w-]{{60,70}}{_SEAL}"),
    _rule("cerebras-key", "csk-", rf"csk-[a-z0-9]{{48}}{_SEAL}"),
    _rule("together-key", "tgp_v1_", rf"tgp_v1_[\w-]{{43}}{_SEAL}"),
    _rule("fireworks-key", "fw_", rf"fw_[A-Za-z0-9]{{22,24}}{_SEAL}", 3.2),
    _rule("weights-and-biases-key", "wandb_v1_", rf"wandb_v1_[\w-]{{40,90}}{_SEAL}"),
    _rule("firecrawl-key", "fc-", rf"fc-[a-f0-9]{{32}}{_END}"),
)

CHAT = (
    _rule(
        "slack-token",
        "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxc- xoxd- xoxe.",
        r"xox[abcdeprs][-.](?:[a-z]+-)?[A-Za-z0-9%-]{10,200}",
        3.0,
    ),
    _rule("slack-app-token", "xapp-", r"xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{32,64}"),
    _rule(
        "slack-webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,90})",
    ),
    _rule(
        "discord-webhook",
        "/api/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/([0-9]{17,20}/[\w-]{60,80})",
    ),
    _rule("telegram-token", ":AA", rf"[0-9]{{8,10}}:AA[\w-]{{33}}{_SEAL}"),
    _rule(
        "teams-webhook",
        "webhook.office.com",
        r"webhook\.office\.com/webhookb2/([a-f0-9@/A-Za-z-]{80,200})",
    ),
    _rule("sendgrid-key", "SG.", rf"SG\.[\w-]{{22}}\.[\w-]{{43}}{_SEAL}"),
    _rule("brevo-key", "xkeysib-", rf"xkeysib-[a-f0-9]{{64}}-[A-Za-z0-9]{{16}}{_END}"),
    _rule("notion-token", "ntn_", rf"ntn_[0-9]{{11}}[A-Za-z0-9]{{35}}{_END}"),
)

PAYMENT = (
    _rule(
        "stripe-key",
        "sk_live_ sk_test_ rk_live_ rk_test_",
        rf"[sr]k_(?:live|test)_[A-Za-z0-9]{{16,247}}{_SEAL}",
        3.0,
    ),
    _rule("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,64}", 3.0),
    _rule(
        "square-token",
        "sq0atp- sq0csp- EAAA",
        rf"(?:sq0(?:atp-[\w-]{{22}}|csp-[\w-]{{43}})|EAAA[\w-]{{60}}){_SEAL}",
    ),
    _rule(
        "shopify-token",
        "shpat_ shpca_ shppa_ shpss_",
        rf"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{{32}}{_END}",
    ),
    _rule(
        "braintree-token",
        "access_token$",
        r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}",
    ),
    _rule("razorpay-key", "rzp_", rf"rzp_(?:live|test)_[A-Za-z0-9]{{14}}{_SEAL}"),
    _rule("flutterwave-key", "FLWSECK", r"FLWSECK(?:_TEST)?-[a-f0-9]{12,32}-X"),
    _rule("adyen-key", "AQE", r"AQE[a-z0-9][A-Za-z0-9+/=]{60,}-[A-Za-z0-9+/=]{20,}-[!-~]{16}"),
    _rule("easypost-key", "EZAK EZTK", rf"EZ[AT]K[A-Za-z0-9]{{54}}{_END}"),
)

REGISTRIES = (
    _rule("pypi-token", "pypi-AgE", r"pypi-AgE[\w-]{50,1000}"),
    _rule("npm-token", "npm_", rf"npm_[A-Za-z0-9]{{36}}{_SEAL}", 3.0),
    _rule("rubygems-key", "rubygems_", rf"rubygems_[a-f0-9]{{48}}{_END}"),
    _rule("docker-token", "dckr_", rf"dckr_(?:pat|oat)_[\w-]{{27,32}}{_SEAL}"),
    _rule("nuget-key", "oy2", rf"oy2[a-z0-9]{{43}}{_END}"),
    _rule(
        "artifactory-key", "AKCp cmVmd", rf"(?:AKCp[A-Za-z0-9]{{69}}|cmVmd[A-Za-z0-9]{{59}}){_END}"
    ),
    _rule("clojars-token", "CLOJARS_", rf"CLOJARS_[a-z0-9]{{60}}{_END}"),
)

SERVICES = (
    _rule("linear-key", "lin_", rf"lin_(?:api|oauth)_[A-Za-z0-9]{{40,64}}{_SEAL}"),
    _rule("figma-token", "figd_ figu_", rf"fig[du]_[\w-]{{40,}}{_SEAL}"),
    _rule("sentry-token", "sntrys_ sntryu_", r"sntry(?:u_[a-f0-9]{64}|s_eyJ[\w+/=-]{60,})"),
    _rule(
        "grafana-token",
        "glc_ glsa_",
        r"gl(?:c_[A-Za-z0-9+/]{32,400}={0,2}|sa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8})",
    ),
    _rule(
        "new-relic-key",
        "NRAK- NRII- NRJS-",
        rf"NR(?:AK-[A-Z0-9]{{27}}|II-[\w-]{{32}}|JS-[a-f0-9]{{19}}){_SEAL}",
    ),
    _rule("posthog-key", "phx_", rf"phx_[A-Za-z0-9]{{43,48}}{_SEAL}"),
    _rule("dynatrace-token", "dt0", rf"dt0[a-z][0-9]{{2}}\.[A-Z0-9]{{24}}\.[A-Z0-9]{{64}}{_END}"),
    _rule("postman-key", "PMAK-", rf"PMAK-[a-f0-9]{{24}}-[a-f0-9]{{34}}{_END}"),
    _rule(
        "hubspot-token",
        "pat-na pat-eu",
        rf"pat-(?:na|eu)[0-9]-[a-f0-9]{{8}}(?:-[a-f0-9]{{4}}){{3}}-[a-f0-9]{{12}}{_END}",
    ),
    _rule("mapbox-token", "sk.eyJ", r"sk\.eyJ[\w-]{50,}\.[\w-]{20,}"),
    _rule("contentful-token", "CFPAT-", rf"CFPAT-[\w-]{{43}}{_SEAL}"),
    _rule("typeform-token", "tfp_", r"tfp_[\w.=-]{40,60}"),
    _rule("duffel-token", "duffel_", rf"duffel_(?:test|live)_[\w=-]{{43}}{_SEAL}"),
    _rule("facebook-token", "EAACEdEose EAA", rf"EAA[A-Z][A-Za-z0-9]{{80,}}{_END}", 3.5),
    _rule("snyk-token", "snyk_", r"snyk_(?:uat|sat)\.[a-z0-9]{8}\.[\w-]{20,}\.[\w-]{20,}"),
    _rule(
        "onepassword-token",
        "ops_eyJ A3-",
        r"(?:ops_eyJ[\w+/-]{200,}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{5,11}-){4,5}[A-Z0-9]{5})",
    ),
    _rule(
        "age-key",
        "AGE-SECRET-KEY-1",
        rf"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{{58}}{_END}",
    ),
)

URL = Rule(
    "url-password",
    ("://",),
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@'\"<>]{0,64}:([^\s/@'\"<>]{3,256})@[A-Za-z0-9\[]",
    1.5,
)

SHAPES = (
    Rule(
        "private-key",
        ("PRIVATE KEY",),
        r"-----BEGIN[ A-Z0-9]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){24,30000}"
        r"(?:-----END[ A-Z0-9]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
        0.0,
    ),
    Rule(
        "putty-private-key",
        ("PuTTY-User-Key-File",),
        r"PuTTY-User-Key-File-[23]:[\s\S]*?(?:Private-MAC: ?[a-f0-9]+|\Z)",
        0.0,
    ),
    _rule("json-web-token", "eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}", 3.5),
    URL,
    _rule(
        "aws-secret-key",
        _cased("aws") + "SecretAccessKey secret_access_key",
        r"(?i:aws|secret_?access_?key)[^\n]{0,60}?[\"'=: ]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        4.0,
    ),
    _rule("npm-auth-token", "_authToken", r"_authToken\s*=\s*([\w/+=.-]{16,})", 3.0),
    _rule(
        "discord-token",
        _cased("discord"),
        rf"[MNO][A-Za-z0-9_-]{{23,27}}\.[A-Za-z0-9_-]{{6}}\.[A-Za-z0-9_-]{{27,38}}{_SEAL}",
        4.0,
    ),
    _rule("twilio-key", _cased("twilio"), rf"SK[a-f0-9]{{32}}{_END}", 3.0),
    _rule("mailgun-key", _cased("mailgun"), rf"key-[a-f0-9]{{32}}{_END}", 3.0),
    _rule("mailchimp-key", _cased("mailchimp"), rf"[a-f0-9]{{32}}-us[0-9]{{1,2}}{_END}", 3.0),
    _rule("resend-key", _cased("resend"), rf"re_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{24}}{_SEAL}", 3.5),
    _rule("crates-token", _cased("cargo") + _cased("crates"), rf"cio[A-Za-z0-9]{{32}}{_END}", 3.5),
    _rule("airtable-token", _cased("airtable"), rf"pat[A-Za-z0-9]{{14}}\.[a-f0-9]{{64}}{_END}"),
)
"""Shapes with no mark of their own: their words may stand anywhere in the text."""

VENDORS = (*CLOUD, *HOSTS, *MODELS, *CHAT, *PAYMENT, *REGISTRIES, *SERVICES)
"""Tokens that begin with, or hold, what identifies them."""

NAMES = {
    "pass": ("passw", "passphrase"),
    "pwd": ("pwd",),
    "secret": ("secret",),
    "token": ("token",),
    "credential": ("credential",),
    "key": (
        "apikey", "api_key", "api-key", "api key", "access_key", "access-key", "accesskey",
        "private_key", "private-key", "auth_key", "signing_key", "encryption_key",
    ),
}  # fmt: skip
"""Words, in any case, that make what is assigned to them worth a look; by a part that each of them
has, and few texts do."""
