"""Every code has words for the user."""

from __future__ import annotations

from core.data.limits import Limits
from core.data.messages import reject_text, skip_text
from core.data.warnings import warning_text

REJECTS = """unsafe_path symlink special_file corrupt_archive zip_bomb size_mismatch unsupported_compression
    encrypted too_many_entries too_many_classes no_images not_a_zip too_few_classes no_class_folders too_large
    bad_table"""
SKIPS = """duplicate_name unsupported_format name_too_long bad_crc corrupt_entry not_in_class_folder truncated
    empty_file not_an_image too_many_pixels gone decoder_error decode_timeout bad_extension
    file_too_large missing_file not_in_table conflicting_rows hidden_folder mask_folder
    no_class no_label ragged_row several_labels link zip_inside archive_inside zip_refused"""
WARNINGS = """case_colliding_classes class_too_small:x class_missing_in_val:x class_missing_in_test:x
    nested_folders class_missing_in_train:x empty_class:x one_group:x few_groups:x no_group:3 conflicting_duplicate
    train_val_leak train_test_leak val_test_leak table_unused:x table_unused_few:x table_unused_large:x
    table_unused_splits:x table_unread:x
    ragged_rows:x several_rows:x several_marks:1 several_labels:x comma_labels:x"""


def test_every_code_has_a_sentence() -> None:
    texts = [reject_text(c, "x", Limits()) for c in REJECTS.split()] + [reject_text(c) for c in REJECTS.split()]
    texts += [skip_text(c) for c in SKIPS.split()] + [warning_text(c) for c in WARNINGS.split()]
    assert all(text.endswith((".", ").")) and "{" not in text and len(text) > 20 for text in texts)
