"""On which photos is a model worse: parts of them by group, size, brightness or a table's column, with the photos."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import numbers
from core.data.dataset import Dataset
from core.data.labels.tables.columns import Columns, columns_by_photo
from core.data.labels.tables.kept import kept_columns
from core.errors import GraftError
from core.evaluation.cutting import LEAST
from core.evaluation.predictions import Predictions
from core.evaluation.slices import Slice, Slices, slice_by
from core.health.attributes import attribute_name, attributes_of, part_name, value_name
from core.health.looks import read_looks
from core.tasks.judging.looks import LooksRequest, seconds_for
from pages.ui import columns, figures, gallery, jobs, progress, resources, state, text
from pages.ui.evaluate.charts_slices import shown_slices, slice_dots, slice_table
from pages.ui.evaluate.judged import Judged
from pages.ui.figures import Files
from pages.ui.i18n import _
from pages.ui.why import why


def slices(judged: Judged) -> None:
    """Draws the fold."""
    key = f"slices-{judged.key}"
    with st.expander(_("Where is it worse?"), icon=":material/filter_alt:", key=key, on_change="rerun") as fold:
        if not fold.open:
            return
        if judged.dataset is None:
            st.caption(_("The photos of this model have been deleted, so they cannot be told apart."))
            return
        _looked_through(judged, judged.dataset, key)


def _looked_through(judged: Judged, dataset: Dataset, key: str) -> None:
    predictions, _evaluation = resources.evaluated(judged.file)
    _measuring(dataset, predictions)
    given = _table(dataset, key)
    looks = read_looks(dataset.root)
    found = resources.once(
        ("slices", str(judged.file), dataset.id, dataset.fingerprint, len(looks), str(given)),
        lambda: slice_by(predictions, attributes_of(dataset, looks, {**kept_columns(dataset), **given})),
    )
    verdict = found.verdict({each.part: part_name(each.part) for each in found.slices})
    st.markdown(text.unbroken(f"**{text.literal(verdict)}**"))
    if found.slices:
        _drawn(judged, dataset, found, key)


def _measuring(dataset: Dataset, predictions: Predictions) -> None:
    """A button to measure how bright and sharp the photos are, where that is not known yet."""
    looks = read_looks(dataset.root)
    if all(id_ in looks for id_ in predictions.ids):
        return
    request = LooksRequest(workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint)
    job = jobs.latest(request)
    if job is not None and job.status().state != "done":
        progress.panel(job)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("How bright, how rich in contrast and how sharp the photos are is not known yet.")
        st.caption(words, width="content")
        took = text.duration(seconds_for(len(dataset.items)))
        if st.button(_("Measure it ({time})").format(time=took), icon=":material/brightness_6:", key="measure-looks"):
            jobs.submit(request)
            st.rerun()


def _table(dataset: Dataset, key: str) -> Columns:
    """The columns of a table that the user gives; none before."""
    with st.popover(_("Cut by the columns of a table"), icon=":material/table:", type="tertiary", key=f"table-{key}"):
        upload = st.file_uploader(
            _("A table about the photos (CSV)"),
            type=["csv", "tsv", "txt"],
            key=f"upload-{key}",
            help=_("One column names the photos; by each of the others the photos are cut."),
        )
    if upload is None:
        return {}
    try:
        return columns_by_photo(upload.getvalue().decode("utf-8-sig"), dataset.items)
    except UnicodeDecodeError:
        st.warning(_("This table is no text in UTF-8. Save it as CSV in UTF-8."))
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
    return {}


def _drawn(judged: Judged, dataset: Dataset, found: Slices, key: str) -> None:
    names = list(dict.fromkeys(each.part.attribute for each in found.slices))
    by = st.selectbox(
        _("By"),
        ["", *names],
        format_func=lambda name: attribute_name(name) if name else _("everything that is known"),
        key=f"by-{key}",
        width=320,
    )
    shown = shown_slices(found, by)
    chosen = figures.shown(
        resources.figure(slice_dots, found, by),
        f"dots-{by}-{key}",
        _("Accuracy on parts of the photos, beside that on all of them (dotted)"),
        Files("slices", partial(slice_table, found), about=judged.about),
        on_select="rerun",
        selection_mode="points",
    )
    rows = _rows(shown, f"rows-{by}-{key}")
    st.caption(_explained(found))
    picked = [int(point["customdata"][0]) for point in chosen["selection"]["points"]] or rows
    if picked:
        _photos(judged, dataset, shown[picked[0]], key)
    else:
        st.caption(_("Select a dot or a row to see its photos."))


def _rows(shown: Sequence[Slice], key: str) -> list[int]:
    """The table of the slices, and the rows that are selected in it."""
    table = st.dataframe(
        {
            _("By"): [attribute_name(each.part.attribute) for each in shown],
            _("Photos that are"): [value_name(each.part) for each in shown],
            _("Photos"): [len(each.ids) for each in shown],
            _("Accuracy"): [columns.in_percent(each.accuracy) for each in shown],
            _("95 % interval"): [numbers.interval(each.ci) for each in shown],
            _("Expected"): [columns.in_percent(each.expected) for each in shown],
            _("Points against the rest"): [numbers.signed_points(each.difference) for each in shown],
            _("p (Holm)"): [numbers.significant(each.p_holm, 2) for each in shown],
        },
        hide_index=True,
        column_config={
            _("Photos"): columns.counts(),
            _("Accuracy"): columns.percents(),
            _("95 % interval"): columns.words(),
            _("Expected"): columns.percents(),
            _("Points against the rest"): columns.words(),
            _("p (Holm)"): columns.words(),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    return list(table["selection"]["rows"])


def _explained(found: Slices) -> str:
    words = _(
        "Each part has at least {n} photos; numbers are cut into parts of about as many photos, "
        "as far as equal values allow. Orange is worse than the rest beyond chance, green better. What is expected is "
        "what the classes of these photos get among all photos: a part that holds more of a hard class is worse for "
        "that alone."
    ).format(n=LEAST)
    if not found.uncut:
        return words
    names = ", ".join(text.literal(attribute_name(name)) for name in found.uncut)
    uncut = _("Nothing can be told by {names}: nearly all photos are alike in it, or too few have each value.")
    return f"{words} {uncut.format(names=names)}"


def _photos(judged: Judged, dataset: Dataset, chosen: Slice, key: str) -> None:
    """The photos of a part, those first that are wrong."""
    predictions, _evaluation = resources.evaluated(judged.file)
    items, ids = judged.items, set(chosen.ids)
    rows = [row for row, id_ in enumerate(predictions.ids) if id_ in ids and id_ in items]
    rows.sort(key=lambda row: bool(predictions.correct[row]))
    st.markdown(f"**{text.literal(part_name(chosen.part))}**")
    pictures = []
    for row in rows:
        item, says = items[predictions.ids[row]], int(predictions.y_pred[row])
        names = predictions.class_names
        caption = _("{true}, right") if predictions.correct[row] else _("{true}, taken for {predicted}")
        words = caption.format(
            true=text.shortened(names[int(predictions.y_true[row])], 20), predicted=text.shortened(names[says], 20)
        )
        pictures.append(gallery.Picture(dataset.thumbnail(item), words, item.name, dataset.path(item)))
    gallery.grid(pictures, key=f"photos-{key}", page_size=18, width_px=150)
    why(judged.run, dataset, [predictions.ids[row] for row in rows], f"photos-{key}")
