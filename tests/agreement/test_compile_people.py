"""People compiled: what is written about ladders, roles, rotas and contacts is what the live side reads."""

from __future__ import annotations

from fractions import Fraction

from upheld.agreement.load import load
from upheld.plans.people import NOBODY, Contact, Ladder, LadderStep, Role, Rota
from upheld.values.instant import day_ordinal

HEAD = """upheld: 1
agreement: t
effective: {from: 2026-01-01, until: 2028-12-31}
timezone: Europe/Berlin
currency: EUR
parties:
  provider: {name: Northwind, contact: desk-lead}
  customer: {name: ACME, language: de}
calendars:
  office: {hours: {mon-fri: [08:00-17:00]}}
states:
  site-down: {where: {kind: site-outage}}
"""
CLOCK = """commitments:
  answer: {measure: clock, starts: opened, stops: answered, per: month, within: 4h, escalation: p1}
  repair: {measure: clock, starts: opened, stops: solved, per: month, within: 8h}
"""
PEOPLE = """
contacts:
  anna: {name: Anna Meier, mail: anna@n.example, phone: "+49 30 1234567", by: [phone, mail], language: de, hours: office}
  ben: {mail: ben@n.example, chat: ops, webhook: pager}
  acme-it: {party: customer, mail: it@acme.example}
roles:
  desk-lead: {is: anna}
  on-call: {rota: desk, falls_to: desk-lead, authority: may fail over}
rotas:
  desk: {members: [anna, ben], each: 12 hours, starts: 2026-01-05, hands_over: 09:00, hours: office, feed: pager}
playbooks:
  restart: |
    # Restart
    One controller at a time.
escalations:
  p1:
    steps:
      - {before: 30m, tell: on-call, by: [chat, mail], decides: desk-lead, says: be quick, playbook: restart}
      - {at: 150%, tell: [desk-lead, customer]}
    repeat: 15m
    repeats: 4
    acknowledge: 30m
    quiet: office
    muted_while: [site-down, repair]
    then: managers
    playbook: restart
  managers: {steps: [{after: 2h, tell: desk-lead}], until: stopped}
"""


def test_everything_that_can_be_written_is_compiled():
    loaded = load({"t.yaml": (HEAD + CLOCK + PEOPLE).encode()}, name="t.yaml")
    assert loaded.findings == ()
    assert loaded.plan is not None
    people = loaded.plan.people
    first = LadderStep(None, None, 30 * 60_000_000, ("on-call",), ("chat", "mail"), "desk-lead", "be quick", "restart")
    second = LadderStep(Fraction(3, 2), tell=("desk-lead", "customer"))
    assert people.ladders["p1"] == Ladder("p1", (first, second), "", "", 15 * 60_000_000, 4, 30 * 60_000_000, "managers", "office",
                                          ("site-down", "repair"), "restart")
    assert people.ladders["managers"].acknowledge_us == 0   # nobody can acknowledge it
    assert people.contacts["anna"] == Contact("anna", "Anna Meier", "", {"phone": "+49 30 1234567", "mail": "anna@n.example"}, "de", "office")
    assert list(people.contacts["anna"].addresses) == ["phone", "mail"]
    assert people.contacts["ben"].addresses == {"mail": "ben@n.example", "chat": "ops", "webhook": "pager"}
    assert people.roles["on-call"] == Role("on-call", "", "", (), "desk", "desk-lead", "may fail over")
    assert people.roles["desk-lead"].contacts == ("anna",)
    assert people.rotas["desk"] == Rota("desk", ("anna", "ben"), 12, "hours", day_ordinal("2026-01-05"), 9 * 3600, "Europe/Berlin", "office",
                                        "pager")
    assert people.parties == {"provider": "desk-lead", "customer": "acme-it"}
    assert people.languages == {"customer": "de"}
    assert people.playbooks == {"restart": "# Restart\nOne controller at a time.\n"}
    assert loaded.plan.commitments["answer"].head.ladder == "p1"
    assert loaded.plan.commitments["repair"].head.ladder == ""


def test_an_agreement_without_people_names_nobody():
    loaded = load({"t.yaml": (HEAD.replace(", contact: desk-lead", "").replace(", language: de", "")
                              + CLOCK.replace(", escalation: p1", "")).encode()}, name="t.yaml")
    assert loaded.plan is not None
    assert loaded.plan.people == NOBODY


def test_an_escalation_of_another_house_is_a_word_only():
    loaded = load({"t.yaml": (HEAD.replace(", contact: desk-lead", "") + CLOCK).encode()}, name="t.yaml")
    assert loaded.plan is not None
    assert loaded.plan.commitments["answer"].head.ladder == ""
