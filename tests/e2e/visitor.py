"""A person at a page of the app, who waits for what was asked for, and for no guessed time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.server import App

WAIT_MS = 600_000  # jobs give way to whatever else a machine does


class Runs:
    """What a page has asked its server to run, and whether that has been run: read from the messages between the two.

    On the page nothing tells it: after a click, all looks as before until the first answer comes.

    Attributes:
        asked: how often the page has asked for a run because of what a person did.
        ticks: how often it has asked by itself for each part that is drawn anew every second, by the part's id.
        over: whether the run that a person's doing last asked for has ended.
        tick_over: whether the tick that was asked for last has ended.
    """

    def __init__(self, page: Page) -> None:
        self.asked, self.over, self.tick_over = 0, True, True
        self.ticks = Counter[str]()
        self._of_a_part, self._begun, self._values = False, True, list[float]()
        page.on("websocket", self._follow)

    def holds(self, number: float) -> bool:
        """Whether a slider had this value when the page last asked."""
        return number in self._values

    def _follow(self, socket: WebSocket) -> None:
        self.over = self.tick_over = True
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        message = BackMsg.FromString(frame)
        if message.WhichOneof("type") != "rerun_script":
            return
        wanted = message.rerun_script
        if wanted.is_auto_rerun:
            self.ticks[wanted.fragment_id] += 1
            self.tick_over = False
            return
        self.asked, self.over = self.asked + 1, False
        self._of_a_part, self._begun = bool(wanted.fragment_id), False
        self._values = [x for widget in wanted.widget_states.widgets for x in widget.double_array_value.data]

    def _received(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        message = ForwardMsg.FromString(frame)
        kind, parts = message.WhichOneof("type"), message.metadata.run.fragment_ids
        if kind == "new_session":
            # A part may be run within another that holds it, so any run may be its own.
            self._begun = self._begun or self._of_a_part or not parts
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            # Also of a run that came after it: the server does not tell that a run of the whole page has ended where a
            # tick reaches it at that moment.
            self.over = self.over or self._begun
            self.tick_over = True


def frame_of(element: Locator) -> FloatRect:
    """Where an element is in the window, and how large, in pixels."""
    frame = element.bounding_box()
    assert frame is not None
    return frame


class Visitor:
    """A person at a page of the app: does what a person does, and notices what a person would call broken."""

    def __init__(self, page: Page, app: App) -> None:
        self.page, self.app = page, app
        page.set_default_timeout(WAIT_MS)
        self.runs = Runs(page)
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, path: str = "/") -> None:
        """Opens an address of the app."""
        self.page.goto(self.app.url + path)
        self.settle()

    def bring(self, photos: Path) -> None:
        """Opens the app and drops photos on it, which are then called as their file."""
        self.go()
        self.upload(photos)
        expect(self.page.get_by_test_id("stMain").get_by_role("progressbar")).to_have_count(0, timeout=WAIT_MS)
        self.sees(self.page.get_by_role("heading", name=photos.stem))
        self.settle()

    def reload(self) -> None:
        """Presses the browser's own reload button."""
        self.page.reload()
        self.settle()

    def visit(self, title: str) -> None:
        """Follows the navigation to the page called `title`."""
        link = self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        self.settle()

    def settle(self) -> None:
        """Waits until what was done has been asked of the server, run and drawn; looks for exception boxes."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
        self._draw()
        while not self.runs.over:
            self.until(lambda: self.runs.over, "the end of the page's script")
            self._draw()
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.is_well()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """For what asks the server only after a while, as an upload does: waits until it has, and then settles."""
        before = self.runs.asked
        yield
        self.until(lambda: self.runs.asked > before, "what was done to reach the server")
        self.settle()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Takes the page's messages in until something holds."""
        end = time.monotonic() + WAIT_MS / 1000
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}"
            self.page.wait_for_timeout(10)

    def is_well(self) -> None:
        """No exception on the page, none in the browser, none on the server."""
        broken = [*self.page.get_by_test_id("stException").all_inner_texts(), *self.errors, *self.app.complaints()]
        assert not broken, broken

    def follow(self, name: str) -> None:
        """Clicks a link on the page."""
        self.page.get_by_role("link", name=name).first.click()
        self.settle()

    def press(self, name: str, exact: bool = False) -> None:
        """Presses a button."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def slide(self, label: str, value: int) -> None:
        """Moves a slider with the keyboard."""
        handle = self.page.get_by_role("slider", name=label)
        handle.focus()
        while (now := int(handle.input_value())) != value:
            handle.press("ArrowLeft" if now > value else "ArrowRight")
        self.until(lambda: self.runs.holds(value), f"{label} = {value} to reach the server")
        self.settle()
        expect(handle).to_have_value(str(value))

    def choose(self, label: str, *choices: str) -> None:
        """Adds choices to a list of several."""
        box = self.page.get_by_role("combobox", name=label)
        for choice in choices:
            box.scroll_into_view_if_needed()
            self.settle()  # a list that is open closes when the page scrolls or runs
            box.press_sequentially(choice)
            self.page.get_by_role("option", name=choice).first.click()
            self.page.keyboard.press("Escape")
            self.settle()

    def unfold(self, title: str) -> None:
        """Opens what is folded under a title, and waits until it has stopped moving."""
        folded = self.page.get_by_test_id("stExpander").filter(has_text=title).locator("details")
        folded.locator("summary").click()
        # Asked again and again: a movement whose element is drawn anew meanwhile never tells that it has ended.
        still = "folded => folded.open && folded.getAnimations().length === 0"
        self.until(lambda: bool(folded.evaluate(still)), f"'{title}' to unfold")
        self.settle()

    def sees(self, what: str | Locator) -> Locator:
        """Waits until a text, or an element, is seen."""
        element = self.page.get_by_text(what).first if isinstance(what, str) else what.first
        expect(element).to_be_visible(timeout=WAIT_MS)
        return element

    def sees_a_tick(self, whole: bool) -> None:
        """Waits until the page asks for what it draws anew every second; if `whole`, until that has come."""
        before = self.runs.ticks.total()
        self.until(lambda: self.runs.ticks.total() > before, "a tick")
        self.until(lambda: self.runs.tick_over or not whole, "the end of a tick")

    def upload(self, *files: Path, place: int = 0) -> None:
        """Drops files on an uploader of the page."""
        with self.asking():
            inputs = self.page.locator("[data-testid=stFileUploader] input[type=file]")
            inputs.nth(place).set_input_files(list(files))

    def chart(self, key: str) -> Locator:
        """The figure with this key, once it is drawn; one that an earlier run has left for a moment is none."""
        place = self.page.locator(f".st-key-{key}:not([data-stale=true])")
        drawn = place.locator(".js-plotly-plot .main-svg").first
        drawn.scroll_into_view_if_needed()
        expect(drawn).to_be_visible(timeout=WAIT_MS)
        return place

    def select_point(self, key: str, x: float, y: float) -> None:
        """Clicks on the point (x, y) of a figure, in the units of its axes."""
        plot = self.chart(key).locator(".js-plotly-plot")
        left, top = plot.evaluate(
            """(plot, [x, y]) => { const l = plot._fullLayout;
                return [l.xaxis._offset + l.xaxis.c2p(x), l.yaxis._offset + l.yaxis.c2p(y)]; }""",
            [x, y],
        )
        with self.asking():
            plot.click(position={"x": left, "y": top})

    def _draw(self) -> None:
        """Lets the browser do what it is about to do, and draw it."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
