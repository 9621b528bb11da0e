"""Letters leave by a real mail server and real HTTP receivers, and come to the right end when those misbehave."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from service_sinks import MailSink, Receiver
from standardwebhooks.webhooks import Webhook as Standard

from upheld.service.clock import RealClock
from upheld.service.config import Chat, Config, Mail, Webhook
from upheld.service.hooks import body_of, secret_of
from upheld.service.letter import Letter, letter_of
from upheld.service.mail import mail_of
from upheld.service.notifiers import Notifiers
from upheld.stores.outbox import Message

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
LETTER = Letter("acme/fix/INC-1/src:1/0/2/anna/mail", "mail", "anna@acme.example", "anna", "INC-1 will miss its target", "Due at **16:00**.\n",
                "acme/fix/INC-1/src:1/0", "2", "acme", "en", 1_800_000_000_000_000)


def by(letter: Letter, config: Config) -> tuple[str, str]:
    outcome = Notifiers(config, RealClock()).send([letter])[0]
    return outcome.state, outcome.said or outcome.provider


def mail_config(port: int, **more: str) -> Config:
    return Config(mail=Mail("127.0.0.1", "Upheld <sla@northwind.example>", port, tls="none", **more))


def test_a_mail_says_who_what_and_under_which_key() -> None:
    with MailSink() as sink:
        assert by(LETTER, mail_config(sink.port))[0] == "sent"
        assert by(LETTER, mail_config(sink.port))[0] == "sent"
    first, again = sink.mails
    assert first["X-Rcpt"] == "anna@acme.example"
    assert first["Subject"] == "INC-1 will miss its target"
    assert first["From"] == "Upheld <sla@northwind.example>"
    assert first["X-Upheld-Key"] == LETTER.key
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content().strip() == "Due at **16:00**."
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@northwind.example>")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")   # it is tried without TLS on purpose
def test_a_mail_server_that_wants_a_name_and_password() -> None:
    with MailSink(login=("sla", "pw")) as sink:
        assert by(LETTER, mail_config(sink.port, user="sla", password="pw"))[0] == "sent"
        state, said = by(LETTER, mail_config(sink.port, user="sla", password="wrong"))
    assert state == "failed", said
    assert "535" in said
    assert len(sink.mails) == 1


@pytest.mark.parametrize(("answer", "state"), [("550 no such user", "refused"), ("450 try later", "failed"), ("452 full", "failed")])
def test_a_recipient_that_is_refused(answer: str, state: str) -> None:
    with MailSink(refuse=[answer]) as sink:
        assert by(LETTER, mail_config(sink.port))[0] == state
    assert sink.mails == []


def test_a_mail_server_that_is_away_or_has_no_tls() -> None:
    with MailSink() as sink:
        port = sink.port
        state, said = by(LETTER, replace(mail_config(port), mail=Mail("127.0.0.1", "sla@northwind.example", port)))
        assert (state, "TLS" in said or "STARTTLS" in said) == ("failed", True)
    state, said = by(LETTER, mail_config(port))
    assert state == "failed"
    assert "cannot be reached" in said


@pytest.mark.parametrize("address", ["two@a.example, three@a.example", "no address", "a@b@c.example", "x@a.example\r\nBcc: y@a.example", ""])
def test_an_address_that_is_not_one_address_is_refused(address: str) -> None:
    with MailSink() as sink:
        assert by(replace(LETTER, address=address), mail_config(sink.port))[0] == "refused"
    assert sink.mails == []


def test_a_subject_cannot_add_headers() -> None:
    row = Message("k", "c", "1", "acme", "anna", "mail", "anna@acme.example", "", "x\r\nBcc: eve@evil.example", "text", "", 0, 0, "waiting", "",
                  0, 0, "", None, "", "", 0)
    letter = letter_of(row, ())
    assert letter.subject == "x  Bcc: eve@evil.example"
    assert mail_of(letter, Mail("h", "a@b.example"), 0)["Bcc"] is None


def test_a_webhook_gets_a_signed_cloud_event() -> None:
    with Receiver() as receiver:
        host = f"localhost:{receiver.port}"
        config = Config(webhooks={"crm": Webhook("crm", f"http://{host}/in", SECRET)}, allow=(host,))
        letter = replace(LETTER, channel="webhook", address="crm")
        assert by(letter, config) == ("sent", "webhook crm: 200")
        assert by(letter, config)[0] == "sent"
    first, again = receiver.calls
    event = Standard(SECRET).verify(first.body, first.headers)
    assert {k: event[k] for k in ("specversion", "id", "type", "source", "subject", "time")} == {
        "specversion": "1.0", "id": LETTER.key, "type": "upheld.notice.v1", "source": "/agreements/acme", "subject": LETTER.clock,
        "time": "2027-01-15T08:00:00Z"}
    assert event["data"]["text"] == LETTER.text
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    assert "anna@acme" not in first.body.decode()


def test_the_body_is_a_cloud_event_for_another_reader() -> None:
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    event = JSONFormat().read(CloudEvent, body_of(LETTER))
    assert event.get_id() == LETTER.key


@pytest.mark.parametrize(("answer", "state"), [
    (204, "sent"), (302, "failed"), (404, "failed"), (410, "gone"), (429, "failed"), (500, "failed"),
    ((503, {"Retry-After": "120"}, b""), "failed"),
    ("drop", "unknown"),
])
def test_what_a_webhook_answers(answer: object, state: str) -> None:
    with Receiver([answer]) as receiver:
        host = f"localhost:{receiver.port}"
        config = Config(webhooks={"crm": Webhook("crm", f"http://{host}/", SECRET)}, allow=(host,))
        outcome = Notifiers(config, RealClock()).send([replace(LETTER, channel="webhook", address="crm")])[0]
    assert outcome.state == state
    assert outcome.wait_s == (120 if isinstance(answer, tuple) else 0)
    assert len(receiver.calls) == 1


def test_a_chat_gets_slack_shaped_json() -> None:
    with Receiver() as receiver:
        host = f"localhost:{receiver.port}"
        config = Config(chats={"ops": Chat("ops", f"http://{host}/T/B/x"), "default": Chat("default", f"http://{host}/d")}, allow=(host,))
        for address in ("ops", "ops:#db", "#rooms"):
            assert by(replace(LETTER, channel="chat", address=address), config)[0] == "sent"
    bodies = [(call.path, json.loads(call.body)) for call in receiver.calls]
    text = "*INC-1 will miss its target*\nDue at *16:00*.\n"
    assert bodies == [("/T/B/x", {"text": text}), ("/T/B/x", {"text": text, "channel": "#db"}), ("/d", {"text": text, "channel": "#rooms"})]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")   # of what Apprise imports
def test_other_services_go_through_apprise_and_their_failure_is_seen() -> None:
    with Receiver([200, 500]) as receiver:
        chats = {"ops": Chat("ops", f"mmost://localhost:{receiver.port}/abcdefghijklmnopqrstuvwxyz"),
                 "phone": Chat("phone", f"mmost://localhost:{receiver.port}/abcdefghijklmnopqrstuvwxyz?channels={{to}}")}
        letter = replace(LETTER, channel="chat", address="ops")
        assert by(letter, Config(chats=chats)) == ("sent", "chat ops: mmost")
        state, said = by(replace(letter, channel="phone", address="+4930123"), Config(chats=chats))
    assert state == "failed"
    assert said.startswith("chat phone: mmost did not take it")
    assert "INC-1 will miss its target" in receiver.calls[0].body.decode()


@pytest.mark.parametrize("url", ["json://localhost/", "xml://localhost", "form://localhost", "mailto://a:b@c.example", "dbus://", "syslog://", "exec://rm",
                                 "file:///etc/passwd", "python://x", "nonsense", "mmost://"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")   # of what Apprise imports
def test_other_schemes_are_refused(url: str) -> None:
    state, said = by(replace(LETTER, channel="chat", address="ops"), Config(chats={"ops": Chat("ops", url)}))
    assert state == "refused"
    assert said.startswith("[chat.ops]")


@pytest.mark.parametrize(("channel", "address", "said"), [
    ("mail", "a@b.example", "there is no [mail] in upheld.toml"), ("chat", "ops", "there is no [chat.ops] in upheld.toml"),
    ("phone", "+49", "there is no [chat.phone] in upheld.toml"), ("webhook", "crm", "there is no [webhook.crm] in upheld.toml"),
    ("", "", "no channel is none of mail, chat, phone, webhook"),
])
def test_what_is_not_configured_is_refused_in_words(channel: str, address: str, said: str) -> None:
    assert by(replace(LETTER, channel=channel, address=address), Config()) == ("refused", said)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"short").decode(), "plain words"])
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        secret_of(secret)
    config = Config(webhooks={"crm": Webhook("crm", "https://x.example/", secret)})
    assert by(replace(LETTER, channel="webhook", address="crm"), config)[0] == "refused"


def test_one_that_hangs_does_not_hold_the_others() -> None:
    with Receiver(["hang"]) as slow, MailSink() as sink:
        host = f"localhost:{slow.port}"
        config = replace(mail_config(sink.port), chats={"ops": Chat("ops", f"http://{host}/")}, allow=(host,))
        notifiers = Notifiers(config, RealClock(), seconds=0.5)
        outcomes = notifiers.send([replace(LETTER, channel="chat", address="ops"), LETTER])
    assert [o.state for o in outcomes] == ["unknown", "sent"]
