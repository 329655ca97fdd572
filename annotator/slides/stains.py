"""How a slide was stained: with the label's object type it chooses the model."""

from enum import StrEnum


class Stain(StrEnum):
    """Written as the models' manifests write it."""

    HE = "H&E"
    IHC = "IHC"
    FLUORESCENCE = "fluorescence"
    ROMANOWSKY = "Romanowsky"
    OTHER = "other"
