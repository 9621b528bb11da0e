"""A CloudEvent (CNCF CloudEvents 1.0.2, JSON format) as an arrival.

Law: an event of type ``upheld.<shape>`` carries a fact's own keys as its data, and what it leaves out is taken from the envelope. Any other
type is a case event named by its type: the subject is the case, the time its instant, flat data its attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from upheld.facts.arrive import Arrival
from upheld.facts.arrive_json import SHAPES, Fault, arrival_of
from upheld.facts.json_text import Doubled

__all__ = ["cloud_arrival"]

_OWN = "upheld."
_NEEDED = ("id", "source", "type", "specversion")
_PLACE = {"/id": "/id", "/source": "/source", "/at": "/time", "/case": "/subject", "/event": "/type", "/says": "/data"}


def cloud_arrival(value: object, now: int, row: int = 0) -> Arrival | tuple[Fault, ...]:
    """The arrival a structured CloudEvent (a value of ``json_text.read_json``) spells at ``now`` (µs UTC), or its faults."""
    if not isinstance(value, dict):
        return (Fault(row, "", "no-object", "is no CloudEvent: a JSON object is needed"),)
    wrong = _envelope(value, row)
    if wrong:
        return tuple(wrong)
    kind, data = str(value["type"]), value.get("data")
    if kind.startswith(_OWN):
        return _own(value, kind.removeprefix(_OWN), data, now, row)
    fact: dict[str, object] = {"shape": "event", "source": value["source"], "id": value["id"], "event": kind, "case": value.get("subject"),
                               "at": value.get("time"), "says": data}
    return _placed(arrival_of(fact, now, row), _PLACE)


def _envelope(value: Mapping[str, object], row: int) -> list[Fault]:
    found = [Fault(row, f"/{name}", "missing-value", f"says nothing, and a CloudEvent needs its {name}")
             for name in _NEEDED if value.get(name) is None]
    found += [Fault(row, f"/{name}", "type", "is no text") for name in (*_NEEDED, "subject", "time")
              if value.get(name) is not None and type(value[name]) is not str]
    if isinstance(value, Doubled):
        found += [Fault(row, f"/{name[:60]}", "doubled-key", "is said twice") for name in value.keys_twice]
    if type(value.get("specversion")) is str and value["specversion"] != "1.0":
        found.append(Fault(row, "/specversion", "specversion", "is not a version that is read here", "send CloudEvents 1.0"))
    if value.get("data_base64") is not None:
        found.append(Fault(row, "/data_base64", "binary-data", "is binary: facts are JSON", "send data as JSON"))
    return found


def _own(value: Mapping[str, object], shape: str, data: object, now: int, row: int) -> Arrival | tuple[Fault, ...]:
    if not isinstance(data, dict):
        return (Fault(row, "/data", "no-object", "is no object, and the type says it holds a fact", "put the fact's own keys into data"),)
    if data.get("shape") not in (None, shape):
        return (Fault(row, "/data/shape", "contradiction", "is not the shape the type names"),)
    given: dict[str, object] = {"shape": shape, "id": value["id"], "source": value["source"]}
    form = SHAPES.get(shape)
    if form is not None and "at*" in form.times:
        given["at"] = value.get("time")
    if shape == "event":
        given["case"] = value.get("subject")
    fact = Doubled({**given, **data}) if isinstance(data, Doubled) else {**given, **data}
    if isinstance(fact, Doubled) and isinstance(data, Doubled):
        fact.keys_twice = data.keys_twice
    # what stands in the envelope is pointed at there, everything else in the data
    places = {f"/{name}": _PLACE[f"/{name}"] for name in given if name not in data and f"/{name}" in _PLACE}
    return _placed(arrival_of(fact, now, row), {"/shape": "/type", **places}, "/data")


def _placed(said: Arrival | tuple[Fault, ...], places: Mapping[str, str], rest: str = "") -> Arrival | tuple[Fault, ...]:
    if isinstance(said, Arrival):
        return said
    return tuple(replace(f, pointer=_moved(f.pointer, places, rest)) for f in said)


def _moved(pointer: str, places: Mapping[str, str], rest: str) -> str:
    first = "/" + pointer[1:].partition("/")[0]
    return places[first] + pointer[len(first):] if first in places else rest + pointer
