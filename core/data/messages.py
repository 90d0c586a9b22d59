"""What codes mean, in plain sentences with the remedy: why an archive is refused, or an entry skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from core.data.limits import Limits
from core.data.names import shown
from core.errors import RejectedError
from core.i18n import gettext as _

_MIB = 1 << 20

Size = tuple[int, int]
UNKNOWN: Size = (0, 0)


def rejected(code: str, what: str = "", limits: Limits | None = None) -> RejectedError:
    """The refusal of an upload for `code`, about the entry, format or class `what` where there is one."""
    return RejectedError(code, reject_text(code, what, limits))


def no_photos(reasons: Iterable[str], limits: Limits) -> RejectedError:
    """The refusal of an upload in which no photo can be read, with what to do about the commonest of the reasons."""
    refusal = rejected("no_images", limits=limits)
    commonest = [reason for reason, _n in Counter(reasons).most_common(1)]
    return RejectedError(refusal.code, " ".join([str(refusal), *map(skip_text, commonest)]))


def inside(zip_name: str, refusal: RejectedError) -> RejectedError:
    """The refusal of a zip that lies in another."""
    text = _("The zip holds the zip '{zip}', which cannot be opened. {problem}")
    return RejectedError(refusal.code, text.format(zip=shown(zip_name, 120), problem=refusal))


def reject_text(code: str, what: str = "", limits: Limits | None = None) -> str:
    """Why an upload is refused, and what to do."""
    limits = limits or Limits()
    facts = {
        "what": shown(what, 120),
        "upload_mb": limits.max_upload_bytes // _MIB,
        "total_mb": limits.max_total_bytes // _MIB,
        "entries": limits.max_entries,
        "ratio": limits.max_ratio,
        "classes": limits.max_classes,
        "min_classes": limits.min_classes,
    }
    return _reject_template(code, bool(what)).format(**facts)


def _reject_template(code: str, about: bool) -> str:
    if code == "not_a_zip":
        return (
            _("This is not a zip file but {what}. Zip a folder that holds one folder of photos for each class.")
            if about
            else _("This is not a zip file. Zip a folder that holds one folder of photos for each class.")
        )
    if code == "too_large":
        return _(
            "The archive is too large: at most {upload_mb} MB packed and {total_mb} MB unpacked are taken. "
            "Make the photos smaller, or use Graft on your own machine with the folder's path."
        )
    if code == "no_class_folders":
        return (
            _(
                "The photos are not in class folders, and '{what}' does not say what they are: its first row has to "
                "name a file and a label column, as in filename,label. Or put the photos into one folder a class."
            )
            if about
            else _(
                "The photos are not in class folders. Put them into one folder for each class, or add a table "
                "(labels.csv) with the columns filename and label."
            )
        )
    if code == "too_few_classes" and about:
        return _(
            "There are fewer than {min_classes} class folders with photos, and '{what}' does not say what the photos "
            "are: its first row has to name a file and a label column, as in filename,label. Or put the photos into "
            "one folder for each class."
        )
    known = {
        "bad_table": _("The table of labels cannot be used. Give it the columns filename and label."),
        "unsafe_path": _(
            "The archive holds the path '{what}', which would leave the folder it is unpacked in. "
            "Zip the class folders again with your system's own tool."
        ),
        "symlink": _("'{what}' is a symbolic link. Replace links by the photos themselves and try again."),
        "special_file": _("'{what}' is a device or pipe, not a file. Remove it and zip again."),
        "corrupt_archive": _("The zip file is damaged or was cut off. Upload it again, or zip the folders again."),
        "zip_bomb": _(
            "The archive unpacks to over {ratio} times its size, or its entries overlap, as in archives "
            "made to fill a disk. Zip the original photos (JPEG or PNG) again."
        ),
        "size_mismatch": _("The sizes that the archive gives do not match what is in it. Zip the folders again."),
        "unsupported_compression": _(
            "'{what}' is packed by a method that is not supported. Zip again with the usual method (Deflate)."
        ),
        "too_many_entries": _(
            "The archive has more than {entries} entries, or very many that hold nothing. Upload fewer photos, or use "
            "Graft on your own machine with the folder's path."
        ),
        "too_many_classes": _("There are more than {classes} classes. Upload fewer classes, or join some."),
        "encrypted": _("The archive is protected by a password. Zip the folders without one."),
        "no_images": _(
            "No photo could be read. Add JPEG, HEIC, PNG, WebP, BMP, GIF, TIFF or AVIF photos, in one folder for each "
            "class."
        ),
        "too_few_classes": _(
            "At least {min_classes} classes with photos are needed. Put the photos into one folder for each class "
            "(folders that differ only in invisible characters or accents' encoding count as one)."
        ),
    }
    return known[code]


def skip_text(reason: str, size: Size = UNKNOWN) -> str:
    """Why one entry was left out, and what to do; with the limits for where Graft runs.

    Args:
        reason: the skip code.
        size: the photo's width and height in pixels, where they are the matter.
    """
    text = _skip_text(reason)
    if size == UNKNOWN or reason not in ("too_many_pixels", "too_much_memory"):
        return text
    return " ".join([_("It has {width:,} × {height:,} pixels.").format(width=size[0], height=size[1]), text])


def _skip_text(reason: str) -> str:
    limits = Limits.here()
    known = {
        "missing_file": _("The table names it, but there is no such photo. Add the photo or remove the row."),
        "not_in_table": _("No row of the table names this photo, so it has no label. Add a row with its label."),
        "conflicting_rows": _("Rows of the table contradict each other about this photo. Keep one of them."),
        "no_class": _("The pattern for classes does not fit its name. Change the pattern or the name."),
        "no_label": _("Its row in the table says no label. Write one, if the photo is to be used."),
        "ragged_row": _(
            "Its row in the table has more cells than the first row, so its label is not clear. Put text that holds a "
            "comma into quotation marks."
        ),
        "several_labels": _(
            "Its row in the table says several labels, and each photo can have one. Decide for one of them."
        ),
        "file_too_large": _("The file is larger than {entry_mb} MB. Make the photo smaller."),
        "duplicate_name": _("Another entry has the same name; the first one is used. Rename one of them."),
        "unsupported_format": _(
            "There is no photo in it of a kind that Graft reads. If it is one, save it as JPEG or PNG; if not, nothing "
            "is missing."
        ),
        "camera_raw": _(
            "It is a camera's RAW file: what the sensor saw, and not yet a picture. Export it as JPEG, PNG or TIFF in "
            "the camera's or another photo program, and add that."
        ),
        "no_heif_library": _(
            "HEIC photos are read by the package pillow-heif, which is not installed: pip install pillow-heif. Or save "
            "the photo as JPEG (iPhone: Settings, Camera, Formats, Most Compatible)."
        ),
        "no_access": _("The file cannot be opened. Check that it is still there, and that you may read it."),
        "not_downloaded": _("The photo itself is still in iCloud. Download it to this machine, and add that."),
        "name_too_long": _("The name with its folders is longer than {name_bytes} bytes. Shorten it."),
        "bad_crc": _("Its checksum is wrong: the entry was damaged. Zip the photo again."),
        "corrupt_entry": _("The entry is damaged and cannot be unpacked. Zip the photo again."),
        "not_in_class_folder": _("It lies in no class folder. Move it into the folder of its class."),
        "link": _(
            "It is a symbolic link that leads out of the folder, in a circle or nowhere. Put the photos themselves "
            "there, or name the folder that holds both."
        ),
        "zip_inside": _(
            "It is a zip among other files. Zips in a zip are opened, one level deep, where no photos lie beside them. "
            "Unpack it."
        ),
        "archive_inside": _("It is an archive, and among other files none but zips are opened. Unpack it."),
        "zip_refused": _("It is a zip that cannot be opened: damaged, protected or too large. Unpack it."),
        "mask_folder": _("It lies in a folder of masks, beside one of photos. Move it if it is a photo."),
        "hidden_folder": _(
            "It lies in a hidden folder, or in one of small copies that a system makes. Move it if it is meant."
        ),
        "truncated": _("The photo ends too early. Copy it again from where it came."),
        "empty_file": _("The file is empty. Copy it again from where it came."),
        "not_an_image": _("It is not a photo, whatever its name says. Remove it, or save it as JPEG or PNG."),
        "too_many_pixels": _(
            "The photo has too many pixels (at most {JPEG} million as JPEG, {PNG} million as PNG, TIFF, BMP or GIF, "
            "{HEIF} million as HEIC, {WEBP} million as WebP and {AVIF} million as AVIF), or a side of over {side:,}. "
            "Save it as JPEG, or make it smaller."
        ),
        "too_much_memory": _(
            "Decoding the photo takes more memory than one photo may have. Save it as an ordinary JPEG (not a "
            "progressive one), or make it smaller."
        ),
        "gone": _("The photo is not there any more. Add it again."),
        "decoder_error": _("The photo is damaged and cannot be decoded. Save it again as JPEG or PNG."),
        "decode_timeout": _(
            "Decoding the photo takes over {seconds} seconds. Save it again as an ordinary JPEG or PNG."
        ),
        "bad_extension": _(
            "It is a photo, but its name ends otherwise. Give it the ending that fits: .jpg, .png, .heic."
        ),
    }
    return known.get(reason, reason).format(
        entry_mb=limits.max_entry_bytes // _MIB,
        name_bytes=limits.max_name_bytes,
        side=limits.max_side,
        seconds=round(limits.decode_timeout_s),
        **{name: limits.most_pixels(name) // 10**6 for name in limits.formats},
    )
