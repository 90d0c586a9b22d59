"""The rule that is kept with a run: a small file of numbers in the run's directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.errors import EvaluationError
from core.evaluation.abstention.rule import Rule
from core.i18n import gettext as _
from core.paths import write_json
from core.records import kept_record
from core.runs import RULE, TEST_SEEN


def keep_rule(run: Path, rule: Rule) -> None:
    """Keeps a rule with the run in a directory, in place of the one that is there.

    It says from here on whether the test photos had been looked at when it was chosen.
    """
    write_json(run / RULE, replace(rule, after_test=(run / TEST_SEEN).is_file()).to_json())


def note_test_seen(run: Path) -> None:
    """Notes that someone looks closely at what the run in a directory does on the test photos."""
    if not (run / TEST_SEEN).is_file():
        write_json(run / TEST_SEEN, {})


def drop_rule(run: Path) -> None:
    """From here on the run in a directory answers every photo."""
    (run / RULE).unlink(missing_ok=True)


def kept_rule(run: Path) -> Rule | None:
    """The rule of the run in a directory; None where it has none.

    Raises:
        EvaluationError: it cannot be read.
    """
    damaged = EvaluationError(_("The rule for not answering of this run is damaged. Make it again."))
    return kept_record(run / RULE, Rule, damaged)
