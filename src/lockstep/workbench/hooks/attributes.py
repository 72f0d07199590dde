"""The lines of .gitattributes that tell git which driver merges which file."""

LOCK_DRIVER = "lockstep-lock"
REPORT_DRIVER = "lockstep-report"
LINES = (f"dvc.lock merge={LOCK_DRIVER}", f"data/reports/*.json merge={REPORT_DRIVER}")


def added(text: str) -> str:
    """Return the file's text with the lines in it, each once; what is there stays as it is, a person's rule too."""
    there = text.splitlines()
    missing = [line for line in LINES if line not in there]
    if not missing:
        return text
    ended = text if not text or text.endswith("\n") else f"{text}\n"
    return ended + "".join(f"{line}\n" for line in missing)


def removed(text: str) -> str:
    """Return the file's text without the lines."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() not in LINES)
