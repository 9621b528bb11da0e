"""Steps that did not reach whom they should: nobody is on duty and nobody stands in, or a contact has no address. The operator hears of it.

Law: pure. Told once for a step of a clock and person, not again for its repeats; not of a clock that had stopped before it could be told of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from upheld.clocks.notices import NO_ADDRESS, NOBODY_ON_DUTY
from upheld.service.fold import New, clock_name
from upheld.service.operator import Alarm, operator_messages
from upheld.stores.outbox import Message

__all__ = ["unreached"]

_REPEAT = re.compile(r"r[0-9]+$")


def unreached(alarm: Alarm, found: Iterable[New], at: int) -> list[Message]:
    """What the operator is told of the notices that have no way to go."""
    told: dict[str, Message] = {}
    for new in found:
        notice, why = new.notice, new.notice.muted
        if (new.stopped and new.late) or not (why.startswith(NOBODY_ON_DUTY) or why.endswith(NO_ADDRESS)):
            continue
        who, step = notice.recipient or "nobody", _REPEAT.sub("", notice.step.step)
        subject = f"A step did not reach {who}" if notice.recipient else "A step reached nobody who is on duty"
        for message in operator_messages(
                alarm, f"unreached/{clock_name(notice)}/{step}/{notice.recipient}", subject,
                f"{notice.subject or notice.key}\n\n{why}{f' ({notice.path})' if notice.path else ''}\n\nWho else this step names has been "
                "told. Name somebody: `upheld oncall` shows the gaps ahead, an override fills one, the agreement has the addresses.", at):
            told.setdefault(message.key, message)
    return list(told.values())
