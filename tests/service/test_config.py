"""upheld.toml: read whole, or everything that is wrong with it told at once, with its line and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from upheld.service.config import Config, load_config, read_config
from upheld.values.finding import FindingsError

WHOLE = """
[server]
host = "0.0.0.0"
port = 9000
database = "postgresql://upheld@db/upheld"
[mail]
host = "smtp.example.com"
from = "Upheld <sla@example.com>"
user = "sla"
password = "${env:MAIL_PASSWORD}"
[chat.ops]
url = "${env:SLACK}"
[chat.pager]
url = "pagerduty://key@api/source"
[webhook.customer]
url = "https://hooks.example.com/upheld"
secret = "${file:secrets/customer}"
owner = "it@example.com"
[receiver.statuspage]
secret = "${env:RECEIVER}"
source = "statuspage"
[operator]
mail = "ops@example.com"
chat = "ops"
[heartbeat]
url = "https://watch.example.com/abc"
every = "2m"
[notify]
per_minute = 3
[egress]
allow = ["hooks.intranet", "localhost:8080"]
[feed.primary]
url = "https://pager.example.com/primary.ics"
"""
ENV = {"MAIL_PASSWORD": "pw", "SLACK": "https://hooks.slack.com/services/T/B/x", "RECEIVER": "whsec_AAAA"}


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/customer").write_text("whsec_c2VjcmV0\n")
    config = read_config(WHOLE.encode(), tmp_path, ENV)
    assert config.mail is not None
    assert (config.mail.sender, config.mail.password, config.mail.port, config.mail.tls) == ("Upheld <sla@example.com>", "pw", 587, "starttls")
    assert (config.server.host, config.server.port, config.database) == ("0.0.0.0", 9000, "postgresql://upheld@db/upheld")
    assert config.chats["ops"].url.startswith("https://hooks.slack.com/")
    assert config.webhooks["customer"].secret == "whsec_c2VjcmV0"
    assert config.receivers["statuspage"].source == "statuspage"
    assert (config.operator.mail, config.operator.chat, config.heartbeat.every_us) == ("ops@example.com", "ops", 120_000_000)
    assert config.allow == ("hooks.intranet", "localhost:8080")
    assert config.feeds == {"primary": "https://pager.example.com/primary.ics"}
    assert config.notify.per_minute == 3


def test_a_receiver_may_have_two_secrets_for_a_while(tmp_path: Path) -> None:
    text = '[receiver.t]\nsecret = ["${env:NEW}", "${env:OLD}"]\nsource = "t"\n'
    assert read_config(text.encode(), tmp_path, {"NEW": "b", "OLD": "a"}).receivers["t"].secrets == ("b", "a")
    one = text.replace('["${env:NEW}", "${env:OLD}"]', '"${env:OLD}"')
    assert read_config(one.encode(), tmp_path, {"OLD": "a"}).receivers["t"].secrets == ("a",)
    for wrong, slug in (('["${env:OLD}", "in plain sight"]', "secret-in-file"), ('["${env:OLD}", "${env:NEW}"]', "secret-missing"),
                        ("[]", "value"), ('["${env:OLD}", 3]', "value"), ('[["${env:OLD}"]]', "value")):
        with pytest.raises(FindingsError) as caught:
            read_config(f'[receiver.t]\nsecret = {wrong}\nsource = "t"\n'.encode(), tmp_path, {"OLD": "a"})
        assert [f.slug for f in caught.value.findings] == [slug]


def test_no_file_is_all_defaults(tmp_path: Path) -> None:
    config = load_config(tmp_path)
    assert config == Config(root=tmp_path)
    assert config.database == str(tmp_path / "records/store.db")


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = """[server]
port = "many"
hots = "x"
[mail]
host = "smtp.example.com"
password = "secret in plain sight"
[mial]
[webhook.a]
url = "https://x.example"
secret = "${env:NOT_SET}"
[receiver."Bad Name"]
secret = "${file:nowhere}"
source = "x"
[chat.ops]
url = 3
[operator]
chat = "pager"
[heartbeat]
url = "https://watch.example"
every = "soon"
[notify]
attempts = 0
[egress]
allow = "everything"
"""
    with pytest.raises(FindingsError) as wrong:
        read_config(text.encode(), tmp_path, {})
    told = [(f.place.line, f.slug) for f in wrong.value.findings]
    assert told == [(2, "value"), (3, "unknown-key"), (4, "missing"), (6, "secret-in-file"), (7, "unknown-section"), (10, "secret-missing"),
                    (11, "name"), (15, "value"), (17, "unknown-chat"), (20, "value"), (22, "value"), (24, "value")]
    helps = {f.slug: f.help for f in wrong.value.findings}
    assert helps["unknown-section"] == "did you mean `mail`?"
    assert helps["secret-missing"] == "set NOT_SET where the service is started"
    secret = next(f for f in wrong.value.findings if f.slug == "secret-in-file")
    assert secret.help == 'write password = "${env:MAIL_PASSWORD}" and set that variable'
    assert "plain sight" not in secret.message + secret.help


@pytest.mark.parametrize(("data", "slug"), [
    (b"[server\n", "toml"), (b"\xff\xfe", "encoding"), (b"x" * 300_000, "size"), (b"server = 1\n", "section"),
    (b"[chat]\nurl = 'x'\n", "section"),
    (b"[operator]\nmail = 'a@b.example'\n", "no-mail"), (b"[mail]\nhost = 'h'\nfrom = 'no address'\n", "value"),
    (b"[mail]\nhost = 'h'\nfrom = \"a@b.example\\r\\nBcc: c@d.example\"\n", "value"),
])
def test_what_cannot_be_read_is_a_finding(data: bytes, slug: str, tmp_path: Path) -> None:
    with pytest.raises(FindingsError) as wrong:
        read_config(data, tmp_path, {})
    assert wrong.value.findings[0].slug == slug


def test_an_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "upheld.toml").mkdir()
    with pytest.raises(FindingsError, match="unreadable"):
        load_config(tmp_path)
