"""The words of messages in the languages they are written in: phrases, dates, durations, percents.

Law: every language has every phrase with the same names in it; a date is exact to the second where it has seconds, and says its offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from upheld.values.instant import DAY_US
from upheld.values.zone import zone

__all__ = ["LANGUAGES", "Words", "words"]


@dataclass(frozen=True, slots=True)
class Words:
    """One language. ``units``: day, hour, minute, second; ``date``: how ``{weekday} {day} {month} {year} {time}`` are put together."""

    tag: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    units: tuple[str, str, str, str]
    percent_sign: str
    comma: str
    phrases: Mapping[str, str]

    def say(self, phrase: str, **given: str) -> str:
        """A phrase with its blanks filled in."""
        return self.phrases[phrase].format(**given)

    def instant(self, us: int, zone_name: str, *, short: bool = False) -> str:
        """An instant on the wall of a zone, with its offset; ``short`` leaves out weekday, year and the zone's name."""
        local = zone(zone_name).local(us)
        offset = (local - us) // 60_000_000
        day, of_day = divmod(local, DAY_US)
        year, month, number = _civil(day)
        seconds = of_day // 1_000_000
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")
        away = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
        if short:
            return f"{number}{'.' if self.tag == 'de' else ''} {self.months[month - 1]} {clock} {away}"
        said = self.date.format(weekday=self.weekdays[(day + 3) % 7], day=number, month=self.months[month - 1], year=year, time=clock)
        return f"{said} ({zone_name}, UTC{away})"

    def duration(self, us: int, *, days: bool = False) -> str:
        """A length of time to the second; ``days`` writes two days and more in days (wall time only)."""
        whole = abs(us) // 1_000_000
        if days and whole >= 2 * 86_400:
            parts = [(whole // 86_400, 0), (whole // 3600 % 24, 1), (whole // 60 % 60, 2)]
        else:
            parts = [(whole // 3600, 1), (whole // 60 % 60, 2), (whole % 60, 3)]
        said = " ".join(f"{n} {self.units[unit]}" for n, unit in parts if n)
        return said or f"0 {self.units[2]}"

    def percent(self, share: Fraction) -> str:
        """A share, exact to a hundredth of a percent, never rounded up."""
        hundredths = int(share * 10_000)
        whole, rest = divmod(hundredths, 100)
        return f"{whole}{self.comma + f'{rest:02d}'.rstrip('0') if rest else ''}{self.percent_sign}"


def _civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of a day ordinal."""
    from datetime import date

    found = date.fromordinal(day + date(1970, 1, 1).toordinal())
    return found.year, found.month, found.day


def words(tag: str) -> Words:
    """The language of a tag (``de-AT`` is ``de``); English where nobody has written it."""
    return LANGUAGES.get(tag.lower().split("-")[0], LANGUAGES["en"])


_EN = Words(
    "en", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "{weekday} {day} {month} {year}, {time}", ("d", "h", "min", "s"), "%", ".",
    {
        "subject used": "{percent} used: {what}, due {due}",
        "subject missed": "MISSED: {what}, was due {due}",
        "subject before": "{left} left: {what}, due {due}",
        "subject budget": "{percent} of the budget used: {what}",
        "subject still": "{percent} used: {what} ({state})",
        "subject again": "Again ({n}): {subject}",
        "agreement": "Agreement",
        "commitment": "Promise",
        "case": "Case",
        "window": "Window",
        "for": "For",
        "state": "State",
        "running": "running",
        "paused": "the clock stands still",
        "stopped": "stopped",
        "not begun": "not begun",
        "ended": "ended",
        "missed": "missed since {when}",
        "due": "Due",
        "due in": "{when}, in {left}",
        "due past": "{when}, {left} ago",
        "budget": "Budget",
        "time": "Time",
        "used": "{used} of {target} used ({percent}), {left} left",
        "used over": "{used} of {target} used ({percent}), {left} over",
        "hours": "counted in the hours of {calendar}",
        "step": "Step",
        "step of": "{n} of {of}: {when}",
        "at": "{percent} of the time is used",
        "at budget": "{percent} of the budget is used",
        "after due": "{span} after it was due",
        "after": "{span} after the step before",
        "before": "{span} before it is due",
        "again": "told again, number {n}",
        "agreed": "Agreed",
        "do": "To do",
        "decides": "Decides",
        "may": "{who} ({authority})",
        "stands in": "You are told because nobody is on duty for {who}",
        "told": "Also told",
        "next": "Next",
        "next step": "{when}: {who}",
        "next at": "{when} ({at}): {who}",
        "next again": "again every {span} until it is acknowledged or stopped",
        "next none": "this is the last step",
        "acknowledge": "To acknowledge",
        "link": "More",
        "playbook": "What to do",
        "provider": "the provider",
        "customer": "the customer",
    },
)
_DE = Words(
    "de", ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
    ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"),
    "{weekday}, {day}. {month} {year}, {time} Uhr", ("Tg.", "Std.", "Min.", "Sek."), " %", ",",
    {
        "subject used": "{percent} verbraucht: {what}, fällig {due}",
        "subject missed": "VERFEHLT: {what}, war fällig {due}",
        "subject before": "Noch {left}: {what}, fällig {due}",
        "subject budget": "{percent} des Spielraums verbraucht: {what}",
        "subject still": "{percent} verbraucht: {what} ({state})",
        "subject again": "Erneut ({n}): {subject}",
        "agreement": "Vereinbarung",
        "commitment": "Zusage",
        "case": "Vorgang",
        "window": "Zeitraum",
        "for": "Für",
        "state": "Stand",
        "running": "läuft",
        "paused": "die Uhr steht",
        "stopped": "angehalten",
        "not begun": "noch nicht begonnen",
        "ended": "beendet",
        "missed": "verfehlt seit {when}",
        "due": "Fällig",
        "due in": "{when}, in {left}",
        "due past": "{when}, vor {left}",
        "budget": "Spielraum",
        "time": "Zeit",
        "used": "{used} von {target} verbraucht ({percent}), {left} übrig",
        "used over": "{used} von {target} verbraucht ({percent}), {left} darüber",
        "hours": "gezählt in den Zeiten von {calendar}",
        "step": "Stufe",
        "step of": "{n} von {of}: {when}",
        "at": "{percent} der Zeit sind verbraucht",
        "at budget": "{percent} des Spielraums sind verbraucht",
        "after due": "{span} nach Fälligkeit",
        "after": "{span} nach der vorigen Stufe",
        "before": "{span} vor Fälligkeit",
        "again": "erneut gemeldet, zum {n}. Mal",
        "agreed": "Vereinbart",
        "do": "Zu tun",
        "decides": "Entscheidet",
        "may": "{who} ({authority})",
        "stands in": "Sie werden benachrichtigt, weil für {who} niemand im Dienst ist",
        "told": "Ebenfalls benachrichtigt",
        "next": "Als Nächstes",
        "next step": "{when}: {who}",
        "next at": "{when} ({at}): {who}",
        "next again": "erneut alle {span}, bis es quittiert oder erledigt ist",
        "next none": "dies ist die letzte Stufe",
        "acknowledge": "Quittieren",
        "link": "Mehr dazu",
        "playbook": "Was zu tun ist",
        "provider": "der Anbieter",
        "customer": "der Kunde",
    },
)
_NL = Words(
    "nl", ("ma", "di", "wo", "do", "vr", "za", "zo"),
    ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"),
    "{weekday} {day} {month} {year}, {time} uur", ("d", "u", "min", "s"), "%", ",",
    {
        "subject used": "{percent} verbruikt: {what}, uiterlijk {due}",
        "subject missed": "GEMIST: {what}, had klaar moeten zijn {due}",
        "subject before": "Nog {left}: {what}, uiterlijk {due}",
        "subject budget": "{percent} van de speelruimte verbruikt: {what}",
        "subject still": "{percent} verbruikt: {what} ({state})",
        "subject again": "Opnieuw ({n}): {subject}",
        "agreement": "Overeenkomst",
        "commitment": "Toezegging",
        "case": "Zaak",
        "window": "Periode",
        "for": "Voor",
        "state": "Stand",
        "running": "loopt",
        "paused": "de klok staat stil",
        "stopped": "gestopt",
        "not begun": "nog niet begonnen",
        "ended": "beëindigd",
        "missed": "gemist sinds {when}",
        "due": "Uiterlijk",
        "due in": "{when}, over {left}",
        "due past": "{when}, {left} geleden",
        "budget": "Speelruimte",
        "time": "Tijd",
        "used": "{used} van {target} verbruikt ({percent}), nog {left}",
        "used over": "{used} van {target} verbruikt ({percent}), {left} te veel",
        "hours": "geteld in de uren van {calendar}",
        "step": "Stap",
        "step of": "{n} van {of}: {when}",
        "at": "{percent} van de tijd is verbruikt",
        "at budget": "{percent} van de speelruimte is verbruikt",
        "after due": "{span} na het uiterste tijdstip",
        "after": "{span} na de vorige stap",
        "before": "{span} voor het uiterste tijdstip",
        "again": "opnieuw gemeld, nummer {n}",
        "agreed": "Afgesproken",
        "do": "Te doen",
        "decides": "Beslist",
        "may": "{who} ({authority})",
        "stands in": "U krijgt bericht omdat voor {who} niemand dienst heeft",
        "told": "Ook bericht aan",
        "next": "Hierna",
        "next step": "{when}: {who}",
        "next at": "{when} ({at}): {who}",
        "next again": "opnieuw elke {span}, tot het bevestigd of klaar is",
        "next none": "dit is de laatste stap",
        "acknowledge": "Bevestigen",
        "link": "Meer",
        "playbook": "Wat te doen",
        "provider": "de leverancier",
        "customer": "de klant",
    },
)
_FR = Words(
    "fr", ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "{weekday} {day} {month} {year} à {time}", ("j", "h", "min", "s"), " %", ",",
    {
        "subject used": "{percent} écoulés : {what}, échéance {due}",
        "subject missed": "MANQUÉ : {what}, échéance passée {due}",
        "subject before": "Encore {left} : {what}, échéance {due}",
        "subject budget": "{percent} de la marge écoulés : {what}",
        "subject still": "{percent} écoulés : {what} ({state})",
        "subject again": "Rappel ({n}) : {subject}",
        "agreement": "Contrat",
        "commitment": "Engagement",
        "case": "Dossier",
        "window": "Période",
        "for": "Pour",
        "state": "État",
        "running": "en cours",
        "paused": "le compteur est arrêté",
        "stopped": "clos",
        "not begun": "pas encore commencé",
        "ended": "terminé",
        "missed": "manqué depuis le {when}",
        "due": "Échéance",
        "due in": "{when}, dans {left}",
        "due past": "{when}, il y a {left}",
        "budget": "Marge",
        "time": "Temps",
        "used": "{used} sur {target} écoulés ({percent}), reste {left}",
        "used over": "{used} sur {target} écoulés ({percent}), {left} de trop",
        "hours": "compté dans les heures de {calendar}",
        "step": "Étape",
        "step of": "{n} sur {of} : {when}",
        "at": "{percent} du temps est écoulé",
        "at budget": "{percent} de la marge est écoulé",
        "after due": "{span} après l'échéance",
        "after": "{span} après l'étape précédente",
        "before": "{span} avant l'échéance",
        "again": "rappel numéro {n}",
        "agreed": "Convenu",
        "do": "À faire",
        "decides": "Décide",
        "may": "{who} ({authority})",
        "stands in": "Vous êtes prévenu parce que personne n'est de service pour {who}",
        "told": "Aussi prévenus",
        "next": "Ensuite",
        "next step": "{when} : {who}",
        "next at": "{when} ({at}) : {who}",
        "next again": "de nouveau toutes les {span}, jusqu'à l'accusé de réception ou la clôture",
        "next none": "c'est la dernière étape",
        "acknowledge": "Accuser réception",
        "link": "Plus",
        "playbook": "Que faire",
        "provider": "le prestataire",
        "customer": "le client",
    },
)
LANGUAGES: Mapping[str, Words] = {w.tag: w for w in (_EN, _DE, _NL, _FR)}
"""The languages messages are written in, by their tag."""
