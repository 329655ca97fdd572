"""The before-and-after pictures of a run: only those that its measurement names."""

from pathlib import Path

from django.conf import settings

from annotator.core.errors import NotFound
from annotator.learning.models import TrainingRun

MAX_PICTURE_BYTES = 8 * 2**20


def find_picture(*, run: TrainingRun, number: int) -> Path:
    """Raises NotFound for a picture that the measurement does not name, or that is not in the run's folder."""
    file = f"{number}.png"
    named = {picture.get("file") for picture in (run.measurement or {}).get("pictures", [])}
    path = settings.LEARNING_FOLDER / "runs" / str(run.pk) / "pictures" / file
    if file not in named or not path.is_file() or path.stat().st_size > MAX_PICTURE_BYTES:
        raise NotFound("There is no such picture of this run.")
    return path
