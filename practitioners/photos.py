"""Photos of specialists: looked at by content, drawn anew, small.

What is uploaded is never kept. The picture is decoded and written again as a JPEG
without its data about place, camera or owner, so whatever else the file carried is
gone, and nothing but an image is ever served.
"""

from __future__ import annotations

import uuid
import warnings
from io import BytesIO
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import Image, ImageOps

FOLDER = "practitioners/"
FORMATS = ("JPEG", "PNG")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIDE = 800  # pixels of the longer side, enough for twice the size shown
WHITE = (255, 255, 255)
WRONG = "Choose a photo: JPEG or PNG, up to 10 MB."


def drawn_anew(upload: UploadedFile) -> ContentFile:
    """Return the picture as a fresh JPEG with a name of its own.

    Raises ValidationError for anything that is not a JPEG or PNG of a sensible size.
    """
    if not upload.size or upload.size > MAX_BYTES:
        raise ValidationError(WRONG, code="photo_size")
    try:
        picture = _decoded(upload)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as problem:
        raise ValidationError(WRONG, code="photo_type") from problem
    written = BytesIO()
    picture.save(written, "JPEG", quality=85, optimize=True)
    return ContentFile(written.getvalue(), name=f"{uuid.uuid4().hex}.jpg")


def _decoded(upload: UploadedFile) -> Image.Image:
    """Decode the pixels, upright and on white, and drop everything else."""
    upload.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        picture = Image.open(upload, formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise ValidationError(
                "This photo has too many pixels. Make it smaller.", code="photo_pixels"
            )
        picture.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((SIDE, SIDE))
    plain = Image.new("RGB", upright.size, WHITE)
    plain.paste(upright, mask=upright.getchannel("A"))
    return plain


def drop_replaced(old: str, photo: Any) -> None:
    """Delete the file of a photo that another, or none, has taken the place of."""
    if old and old != photo.name:
        transaction.on_commit(lambda: photo.storage.delete(old))


class PhotoField(forms.FileField):
    """A photo to upload; what comes out is already drawn anew."""

    widget = forms.ClearableFileInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        if isinstance(data, UploadedFile):
            return drawn_anew(data)
        return super().clean(data, initial)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": "image/jpeg,image/png"}
