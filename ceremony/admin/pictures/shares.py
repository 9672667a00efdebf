"""Numbers as SVG writes them: never in the reader's language, where a comma could part them."""


def share(part: float) -> str:
    """A share (0 to 1) of the picture's width: ``12.5%``."""
    return f"{part * 100:.3f}".rstrip("0").rstrip(".") + "%"


def pixels(length: float) -> str:
    """A length in the picture's own units: ``9`` or ``9.5``."""
    return f"{length:.3f}".rstrip("0").rstrip(".")
