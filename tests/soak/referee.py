"""What must hold at every moment, judged by what the servers have."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from custom_components.glucose_follow.coordinator import CgmCoordinator

from .asked import Asked
from .clocks import Clocks
from .shown import Shown
from .subjects import Subject
from .told_alarms import ToldAlarms
from .told_devices import ToldDevices
from .told_treatments import ToldTreatments
from .watch import AGED, SECOND, UNKNOWN, Notes, Watch, is_sound, watch_of


class Referee:
    """Looks at every state change and every ten seconds, and notes what is wrong."""

    def __init__(
        self,
        subjects: list[Subject],
        clocks: Clocks,
        tick: timedelta,
        *,
        most: int = 100,
    ) -> None:
        """Prepare; after `most` violations of a rule no more are noted.

        Args:
            subjects: Who is followed.
            clocks: What time it really is.
            tick: How often the integration looks at its clocks.
            most: More than so many violations of a rule are only counted.
        """
        self.notes = Notes(clocks, tick, most)
        self._clocks = clocks
        self._hass: HomeAssistant | None = None
        self._watches = {each: watch_of(each, clocks.world()) for each in subjects}
        self._by_entity = {
            entity_id: (watch, key)
            for watch in self._watches.values()
            for key, entity_id in watch.ids.items()
        }
        self._asked = Asked(self.notes, self._watches)
        self._shown = Shown(self.notes)
        self._alarms = ToldAlarms(self.notes, self._shown)
        self._treatments = ToldTreatments(self.notes)
        self._devices = ToldDevices(self.notes)

    def watch(self, subject: Subject) -> Watch:
        """Return what is known of somebody."""
        return self._watches[subject]

    def disturb(self, grace: timedelta, subject: Subject | None = None) -> None:
        """Expect nothing good of somebody, or anybody with None, for a while."""
        until = self._clocks.world() + grace
        for watch in self._watches.values():
            if subject in {None, watch.subject}:
                watch.sound_since = max(watch.sound_since, until)

    def recover(self, subject: Subject, grace: timedelta) -> None:
        """Expect that all is well with somebody in a while."""
        self._watches[subject].is_in_trouble = False
        self.disturb(grace, subject)

    def trouble(self, subject: Subject) -> None:
        """Expect nothing good of somebody until the trouble is over."""
        self._watches[subject].is_in_trouble = True

    def woke_up(self) -> None:
        """Let a tick pass: nobody can know at once that time has jumped."""
        self.notes.lenient_until = self._clocks.world() + self.notes.tick + 2 * SECOND

    @property
    def is_all_sound(self) -> bool:
        """Return whether all must be well with everybody."""
        now = self._clocks.world()
        return all(is_sound(watch, now) for watch in self._watches.values())

    @callback
    def attach(self, hass: HomeAssistant) -> None:
        """Look at every change of a new Home Assistant."""
        self._hass = hass
        hass.bus.async_listen("state_changed", self._changed)

    @callback
    def follow(
        self, subject: Subject, coordinator: CgmCoordinator, *, is_crash: bool = False
    ) -> None:
        """Let the pure engine see what somebody's coordinator sees once it can tell.

        What is missing while Home Assistant starts, such as when a sensor was, may
        be there by then. It goes on as if it had never stopped, but for a crash:
        what was noticed in the last minute, and not told, may be noticed again.
        """
        watch = self._watches[subject]
        if is_crash:
            watch.state = coordinator.alarms.state

        entry = coordinator.config_entry

        @callback
        def judge() -> None:
            self._alarms.step(watch, coordinator)

        @callback
        def begin(_: HomeAssistant) -> None:
            entry.async_on_unload(coordinator.async_add_listener(judge))
            self._alarms.follow(watch, coordinator)

        entry.async_on_unload(async_at_started(coordinator.hass, begin))

    def detach(self, *, is_crash: bool = False) -> None:
        """Look at nothing: Home Assistant is gone, and may not know what it showed."""
        self._hass = None
        for watch in self._watches.values():
            self._alarms.leave(watch)
            if is_crash:
                watch.last_reading = ""

    def look(self, coordinators: Mapping[Subject, CgmCoordinator]) -> None:
        """Look at everybody, whether anything changed or not."""
        if self._hass is None:
            return
        now = self._clocks.world()
        for subject, coordinator in coordinators.items():
            watch = self._watches[subject]
            if coordinator.config_entry.state.recoverable:
                self._look(watch, coordinator, now)

    def look_at_requests(self, starts: Mapping[Subject, list[datetime]]) -> None:
        """Hold what was asked in the last hour to its budget, and forget it."""
        self._asked.look(starts)

    async def look_at_answers(self) -> None:
        """Compare what `get_readings` answers with what the servers have."""
        now = self._clocks.world()
        for watch in self._watches.values():
            if self._hass is not None and is_sound(watch, now):
                await self._shown.look_at_answer(watch, self._hass, now)

    def _look(self, watch: Watch, coordinator: CgmCoordinator, now: datetime) -> None:
        """Look at one person."""
        assert self._hass is not None
        self.notes.counts["looks"] += 1
        glucose = self._shown.look(watch, self._hass.states, now)
        self._alarms.look(watch, coordinator, glucose, now)
        self._treatments.look(watch, now)
        self._devices.look(watch, self._hass.states, now)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        """Look at a change."""
        found = self._by_entity.get(event.data["entity_id"])
        new = event.data["new_state"]
        if found is None or new is None:
            return
        watch, key = found
        self.notes.counts["changes"] += 1
        now = self._clocks.world()
        self.notes.follow(f"{now.isoformat()} {new.entity_id} {new.state}")
        if new.state in UNKNOWN:
            return
        if key == "last_reading":
            if new.state < watch.last_reading:
                self.notes.add(watch, "states out of order", new.state)
            if new.state > watch.last_reading and is_sound(watch, now):
                self._shown.note_wait(watch, new, now)
            watch.last_reading = new.state
        elif key in {"alarm", "treatment"}:
            # Entities of events show the last one again when they come back.
            event_of = f"{new.state} {new.attributes}"
            if watch.last_events.get(key) == event_of:
                return
            watch.last_events[key] = event_of
            if key == "alarm":
                self._alarms.hear(watch, new, now)
            else:
                self._treatments.hear(watch, new)
        elif key in AGED:
            self._shown.look_at_age(watch, {key: new}, now)
