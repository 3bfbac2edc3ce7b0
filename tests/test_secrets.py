"""Secrets: what is found, what is let be, and that none becomes an object on any way in."""

import random
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_mnemo.secret_rules import NAMES
from git_mnemo.secrets import redact, rules, scan
from tests import verbs
from tests.clones import Clone, Hub
from tests.support import run_git

CLASSES = {
    "A": string.ascii_uppercase + string.digits,
    "a": string.ascii_lowercase + string.digits,
    "x": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "-_",
    "b": string.ascii_letters + string.digits + "+/",
    "h": "0123456789abcdef",
    "l": string.ascii_letters,
    "d": string.digits,
    "2": string.ascii_uppercase + "234567",
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "t": string.ascii_lowercase + "234567",
}

# Each as its vendor documents it; `<x36>` is 36 letters and digits drawn at random. None is written
# out whole, so that no host takes this file for a leak.
FORMATS = """
aws-access-key AKIA<216>
aws-access-key ASIA<216>
aws-secret-key aws_secret_access_key = <b40>
aws-secret-key "SecretAccessKey": "<b40>"
aws-bedrock-key ABSK<b132>
gcp-api-key AIza<w35>
gcp-oauth-secret GOCSPX-<w28>
gcp-oauth-token ya29.<w120>
azure-storage-key AccountName=x;AccountKey=<b86>==;EndpointSuffix=core
azure-client-secret <x3>8Q~<w34>
azure-devops-token <x76>AZDO<x4>
alibaba-access-key LTAI<x20>
digitalocean-token dop_v1_<h64>
digitalocean-token doo_v1_<h64>
heroku-key HRKU-AA<w58>
fly-token fo1_<w43>
vault-token hvs.<w95>
vault-token hvb.<w140>
terraform-token <x14>.atlasv1.<w67>
doppler-token dp.pt.<x43>
pulumi-token pul-<h40>
databricks-token dapi<h32>
supabase-key sbp_<h40>
planetscale-token pscale_tkn_<w43>
scalingo-token tk-us-<w48>
cloudflare-origin-key v1.0-<h24>-<h146>
tailscale-key tskey-auth-k<x12>-<x32>
openshift-token sha256~<w43>
github-token ghp_<x36>
github-token gho_<x36>
github-token ghu_<x36>
github-token ghs_<x36>
github-token ghr_<x76>
github-fine-grained-token github_pat_<x22>_<x59>
gitlab-token glpat-<w20>
gitlab-token gldt-<w20>
gitlab-token glrt-<w20>
gitlab-token glcbt-<x5>_<w20>
gitlab-token glptt-<h40>
gitlab-runner-token GR1348941<w20>
bitbucket-token ATBB<x32>
atlassian-token ATATT3<w186>
gitea-token gto_<t52>
sourcegraph-token sgp_<x16>_<h40>
circleci-token CCIPAT_<x22>_<h40>
buildkite-token bkua_<h40>
anthropic-key sk-ant-api03-<w93>AA
anthropic-key sk-ant-admin01-<w93>AA
anthropic-key sk-ant-oat01-<w80>
openai-key sk-<x20>T3BlbkFJ<x20>
openai-key sk-proj-<w74>T3BlbkFJ<w74>
openai-key sk-svcacct-<w58>T3BlbkFJ<w58>
openrouter-key sk-or-v1-<h64>
langfuse-key sk-lf-<h8>-<h4>-<h4>-<h4>-<h12>
api-key sk-<h32>
elevenlabs-key sk_<h48>
hugging-face-token hf_<l34>
replicate-token r8_<x37>
groq-key gsk_<x52>
perplexity-key pplx-<x48>
xai-key xai-<x80>
langsmith-key lsv2_pt_<h32>_<h10>
tavily-key tvly-<x32>
pinecone-key pcsk_<x6>_<x63>
nvidia-key nvapi-<w64>
cerebras-key csk-<a48>
together-key tgp_v1_<w43>
firecrawl-key fc-<h32>
slack-token xoxb-<d12>-<d13>-<x24>
slack-token xoxp-<d12>-<d12>-<d13>-<h32>
slack-token xoxe.xoxp-1-<x160>
slack-app-token xapp-1-A<A10>-<d13>-<h64>
slack-webhook https://hooks.slack.com/services/T<A9>/B<A10>/<x24>
discord-token discord bot: MT<x24>.G<w5>.<w38>
discord-webhook https://discord.com/api/webhooks/<d19>/<w68>
telegram-token <d10>:AA<w33>
twilio-key TWILIO_KEY SK<h32>
sendgrid-key SG.<w22>.<w43>
mailgun-key mailgun uses key-<h32>
mailchimp-key the mailchimp one is <h32>-us14
brevo-key xkeysib-<h64>-<x16>
resend-key RESEND: re_<x8>_<x24>
notion-token ntn_<d11><x35>
stripe-key sk_live_<x99>
stripe-key rk_test_<x24>
stripe-webhook-secret whsec_<x32>
square-token sq0atp-<w22>
square-token EAAA<w60>
shopify-token shpat_<h32>
shopify-token shpss_<h32>
braintree-token access_token$production$<a16>$<h32>
razorpay-key rzp_live_<x14>
flutterwave-key FLWSECK_TEST-<h32>-X
easypost-key EZAK<x54>
pypi-token pypi-AgEIcHlwaS5vcmc<w120>
npm-token npm_<x36>
npm-auth-token //registry.example/:_authToken=<w36>
rubygems-key rubygems_<h48>
crates-token cargo login cio<x32>
docker-token dckr_pat_<w27>
nuget-key oy2<a43>
artifactory-key AKCp<x69>
clojars-token CLOJARS_<a60>
linear-key lin_api_<x40>
airtable-token airtable: pat<x14>.<h64>
figma-token figd_<w40>
sentry-token sntryu_<h64>
grafana-token glsa_<x32>_<h8>
grafana-token glc_<b64>
new-relic-key NRAK-<A27>
posthog-key phx_<x43>
dynatrace-token dt0c01.<A24>.<A64>
postman-key PMAK-<h24>-<h34>
hubspot-token pat-na1-<h8>-<h4>-<h4>-<h4>-<h12>
mapbox-token sk.eyJ<w80>.<w22>
contentful-token CFPAT-<w43>
typeform-token tfp_<w44>
duffel-token duffel_live_<w43>
facebook-token EAAB<x180>
azure-sas-signature https://x.blob.example/c?sv=2026-01-01&sig=<b43>%3D
ibm-cloud-key ApiKey-<h8>-<h4>-<h4>-<h4>-<h12>
yandex-key AQVN<w36>
weights-and-biases-key wandb_v1_<w80>
fireworks-key fw_<x24>
teams-webhook https://a.webhook.office.com/webhookb2/<h36>@<h36>/IncomingWebhook/<h32>
adyen-key AQE<a1><b80>-<b43>=-<w16>
snyk-token snyk_uat.<a8>.<w40>.<w40>
onepassword-token A3-<A6>-<A6>-<A5>-<A5>-<A5>-<A5>
onepassword-token ops_eyJ<w400>
age-key AGE-SECRET-KEY-1<q58>
private-key -----BEGIN RSA PRIVATE KEY-----\\n<b64>\\n<b64>\\n-----END RSA PRIVATE KEY-----
private-key -----BEGIN OPENSSH PRIVATE KEY-----\\n<b70>\\n<b70>\\n-----END OPENSSH PRIVATE KEY-----
private-key -----BEGIN PGP PRIVATE KEY BLOCK-----\\n\\n<b64>\\n<b64>\\n-----END PGP PRIVATE KEY
putty-private-key PuTTY-User-Key-File-3: ssh-ed25519\\nEncryption: none\\n<b64>\\nPrivate-MAC: <h64>
json-web-token eyJ<w34>.eyJ<w80>.<w43>
url-password postgres://app:<x12>@db.internal:5432/app
url-password redis://:<w16>@cache:6379
url-password https://build:<x20>@git.example/x.git
authorization-header Authorization: Bearer <x40>
authorization-header curl -H 'authorization: basic <x30>=='
assigned-secret password = "<x14>!"
assigned-secret DB_PASSWORD=<x16>
assigned-secret "client_secret": "<x32>"
assigned-secret the password is <x6>&<x6>
assigned-secret api_key: '<h32>'
assigned-secret export SESSION_SECRET=<x44>
"""

HARMLESS = """
commit 3c65382a9f1c0d4e5f60718293a4b5c6d7e8f901 moved the pool
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
token 123e4567-e89b-12d3-a456-426614174000 is an idempotency key
the token is refreshed every hour, and the secret is rotated
password: required
password = os.environ['DB_PASSWORD']
token = get_token2(request)
secret_key = settings.SECRET_KEY
mysql://user:password@localhost/db
postgres://user:${DB_PASSWORD}@host/db
postgres://user:<password>@host/db
"integrity": "sha512-9RlJ4Mld4zF2VxGkNvs3hOjzxBqZgX5sWqkQqYbFvKc8bNw0cOeLZf0dC3bDqQ=="
api_key: str = Field(default=None)
max_tokens=4096123 total_tokens: 1234567890
we look for -----BEGIN RSA PRIVATE KEY----- headers in files, and stop there
password_file: /run/secrets/db_pass1
access_token_url: https://auth.example/oauth2/token
git mnemo show ch_20261123_8a1b2c3d4e5f6a7b
refs/mnemo/archive/s_a7f3c2d1_1795400000
the AKIA prefix, ghp_ and sk- mark keys of three vendors
sk-learn and sk-ant-farm are not keys
Retries time out on a cold start because the pool is created per request.
anchor 4b825dc642cb6eb9a060e54bf8d69288fbee4904 40-62 a1b2c3d4e5f60718 src/pool.py
--token-file=tokens.json --password-stdin
bearer of bad news: the basic authentication middleware was removed
"""


def written(template: str, seed: str) -> str:
    """The text with every `<class count>` drawn at random, the same each time."""
    drawn = random.Random(seed)

    def draw(found: re.Match[str]) -> str:
        letters = CLASSES[found.group(1)]
        return "".join(drawn.choice(letters) for _ in range(int(found.group(2))))

    return re.sub(r"<([A-Za-z2])(\d+)>", draw, template.replace("\\n", "\n"))


def formats() -> Iterator[tuple[str, str]]:
    for number, line in enumerate(FORMATS.strip().splitlines()):
        rule, _, template = line.partition(" ")
        yield rule, written(template, f"{rule}/{number}")


CASES = list(formats())


@pytest.mark.parametrize(("rule", "secret"), CASES, ids=[rule for rule, _ in CASES])
@pytest.mark.parametrize("around", ["{}", "use {} for now", "key '{}',\nthen go on"])
def test_a_published_format_is_found(rule: str, secret: str, around: str) -> None:
    text = around.format(secret)
    assert rule in [one.rule for one in scan(text)]
    clean = redact(text, scan(text))
    assert f"[redacted:{rule}]" in clean
    assert not scan(clean)


def test_there_is_a_format_for_every_rule_and_many_in_all() -> None:
    assert {rule for rule, _ in CASES} == set(rules())
    assert len(CASES) >= 120


@pytest.mark.parametrize("line", HARMLESS.strip().splitlines())
def test_harmless_text_is_let_be(line: str) -> None:
    assert scan(line) == []


def test_every_name_has_a_part_that_is_looked_for_first() -> None:
    assert all(part in name for part, names in NAMES.items() for name in names)


def test_allowing_lets_one_secret_or_one_rule_through() -> None:
    first, second = (written("ghp_<x36>", seed) for seed in "ab")
    text = f"{first} and {second}"
    found = scan(text)
    assert [one.rule for one in found] == ["github-token", "github-token"]
    assert [text[one.start : one.end] for one in scan(text, {f"github-token:{found[0].mark}"})] == [
        second
    ]
    assert scan(text, {"github-token"}) == []


def test_the_length_of_a_text_does_not_blow_up_the_search() -> None:
    """Shapes that make a backtracking search run for ever end here."""
    for unit in (
        "a",
        "password=",
        "token: ",
        "eyJ",
        "://",
        "-----BEGIN PRIVATE KEY-----",
        "İ secret ",
    ):
        scan((unit * 70_000)[:65_536])


# -- the ways in -------------------------------------------------------------------------------

KEY = written("AKIA<216>", "the ways in")
IN_TEXT = "[redacted:aws-access-key]"


def objects_holding(text: str) -> list[str]:
    """The blobs and commits of the repository, reachable or not, that hold the text."""
    every = run_git("cat-file", "--batch-check=%(objectname) %(objecttype)", "--batch-all-objects")
    kinds = dict(line.split() for line in every.splitlines())
    return [
        oid
        for oid, kind in kinds.items()
        if kind != "tree" and text in run_git("cat-file", "-p", oid)
    ]


WAYS = {
    "claim": ["claim", f"the key is {KEY}"],
    "title": ["claim", "text", "--title", f"about {KEY}"],
    "new chain": ["claim", f"{KEY} opens it", "--new-chain"],
    "supersede": ["supersede", "{address}", "--text", f"now {KEY}"],
    "compress": ["compress", "{address}", "--text", f"in short {KEY}"],
    "retract": ["retract", "{address}", "--reason", f"it showed {KEY}"],
    "stash": ["stash", "{chain}", "--reason", f"because of {KEY}"],
}


def arguments(way: str) -> list[str]:
    first = verbs.claim("the first claim")
    return [
        word.format(**first) if word in ("{address}", "{chain}") else word for word in WAYS[way]
    ]


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_redacted_on_every_way_in(way: str) -> None:
    done = verbs.git_mnemo(*arguments(way))
    assert done.code == 0
    assert KEY not in done.out + done.err
    assert objects_holding(IN_TEXT)
    assert objects_holding(KEY) == []


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize("way", WAYS)
def test_reject_writes_nothing_and_says_how_to_allow_it(way: str) -> None:
    words = arguments(way)
    run_git("config", "mnemo.secrets", "reject")
    error = verbs.refused(*words, code="secret")
    assert objects_holding(KEY) == []
    run_git(*error["hint"].split()[1:])
    verbs.ask(*words)
    assert objects_holding(KEY)


@pytest.mark.usefixtures("repo")
def test_a_batch_redacts_and_names_what() -> None:
    done = verbs.batch({"text": "harmless"}, {"text": f"not {KEY}", "title": f"of {KEY}"})
    assert "redacted" not in done["nodes"][0]
    marks = done["nodes"][1]["redacted"]
    assert [mark.partition(":")[0] for mark in marks] == ["aws-access-key"] * 2
    assert objects_holding(KEY) == []


def test_a_path_and_an_agents_name_cannot_be_redacted(repo: Path) -> None:
    (repo / f"{KEY}.txt").write_text("a\n")
    verbs.refused("claim", "x", "--anchor", f"{KEY}.txt", code="secret")
    verbs.refused("claim", "x", "--agent", KEY, code="secret")
    assert objects_holding(KEY) == []


@pytest.mark.usefixtures("repo")
def test_off_writes_what_it_is_given_and_nonsense_is_refused() -> None:
    run_git("config", "mnemo.secrets", "off")
    verbs.claim(f"the key is {KEY}")
    assert objects_holding(KEY)
    run_git("config", "mnemo.secrets", "maybe")
    verbs.refused("claim", "x", code="usage", status=129)


@pytest.mark.usefixtures("repo")
def test_the_warning_names_the_command_that_lets_it_through() -> None:
    warned = verbs.git_mnemo("claim", f"the key is {KEY}").err
    assert warned.startswith("redacted what looks like a secret (aws-access-key)")
    run_git(*warned.strip().partition("git ")[2].split())
    assert verbs.git_mnemo("claim", f"the key is {KEY}").err == ""
    assert objects_holding(KEY)


# -- what a push would send --------------------------------------------------------------------


@pytest.fixture
def ada(hub: Hub) -> Clone:
    """A clone that shares, and in which a secret got past: by an older version, say."""
    one = hub.clone("ada")
    one.share()
    one.git("config", "mnemo.secrets", "off")
    one.claim(f"the key is {KEY}")
    one.ask("promote", "--all")
    one.git("config", "--unset", "mnemo.secrets")
    return one


def test_a_push_stops_at_a_secret_and_names_the_cure(hub: Hub, ada: Clone) -> None:
    for verb in ("push", "sync"):
        told = ada.refused(verb)
        assert told["outcome"] == "refused"
        assert "(aws-access-key): git mnemo purge " in told["reason"]
    assert hub.ref() is None
    address = told["reason"].partition("git mnemo purge ")[2].partition(",")[0]
    ada.ask("purge", address, "--yes")
    assert ada.only("push")["outcome"] == "pushed"
    assert hub.knows() == set()


def test_what_is_allowed_is_pushed(hub: Hub, ada: Clone) -> None:
    allow = ada.refused("push")["reason"].partition("git config ")[2]
    ada.git("config", *allow.split())
    assert ada.only("push")["outcome"] == "pushed"
    assert hub.knows() == {f"the key is {KEY}"}


def test_sessions_and_archives_stop_too(hub: Hub, ada: Clone) -> None:
    told = ada.no("push", "--sessions")["refs"]
    assert [one["outcome"] for one in told] == ["refused", "refused"]
    ada.ask("archive")
    told = ada.no("push", "--sessions")["refs"]
    assert [one["outcome"] for one in told] == ["refused", "refused"]
    assert hub.refs("refs/mnemo") == {}


def test_a_second_opinion_where_a_scanner_is_installed(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program reads stdin and leaves with the status that it is given for a leak."""
    program = tmp_path / "bin" / "gitleaks"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nif grep -q tangerine; then echo found; exit 1; fi\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    ada = hub.clone("ada")
    ada.share()
    ada.learn("nothing of the kind")
    assert ada.only("push")["outcome"] == "pushed"
    ada.learn("the launch code is tangerine")
    assert "gitleaks sees a secret" in ada.refused("push")["reason"]
    program.write_text("#!/bin/sh\nexit 127\n")
    assert ada.only("push")["outcome"] == "pushed"
