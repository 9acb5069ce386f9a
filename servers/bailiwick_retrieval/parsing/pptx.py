"""PowerPoint files: a slide is a section, with its texts, tables and notes."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.exc import PythonPptxError

from bailiwick_retrieval.models.parsed import Parsed, Place
from bailiwick_retrieval.parsing import archive
from bailiwick_retrieval.parsing.docx import properties
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.tables import table
from bailiwick_retrieval.settings import ParsingSettings

_DEEPEST = 10
_GROUP = 6  # MSO_SHAPE_TYPE.GROUP


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a PPTX; places are slides. What stands on a hidden slide is marked `hidden`."""
    archive.guard(data, limits)
    draft = Draft("pptx", name, limits)
    try:
        show: Any = Presentation(BytesIO(data))
        for number, slide in enumerate(show.slides, 1):
            if number > limits.most_pages:
                draft.note(f"slides after {limits.most_pages} are left out")
                break
            _slide(draft, slide, Place("slide", number, number))
        meta, title = properties(show)
    except PythonPptxError as error:
        raise Unparsed("is broken: not a PPTX", detail=type(error).__name__) from error
    return draft.parsed(meta, title)


def _slide(draft: Draft, slide: Any, place: Place) -> None:
    hidden = ("hidden",) if slide.element.get("show") in {"0", "false"} else ()
    title = slide.shapes.title
    named = " ".join(title.text_frame.text.split()) if title is not None else ""
    draft.heading(1, named or f"Slide {place.first}", place)
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        unseen = hidden or (("hidden",) if _is_unseen(shape) else ())
        if getattr(shape, "has_table", False):
            rows = [[item.text for item in row.cells] for row in shape.table.rows]
            draft.add("table", table(rows), place, unseen)
        elif shape.has_text_frame:
            _text(draft, shape.text_frame, place, unseen)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            draft.add("prose", f"**Notes:** {notes}", place, hidden)


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """Give shapes from top to bottom, with what is inside groups."""
    for shape in sorted(shapes, key=lambda each: (each.top or 0, each.left or 0)):
        if shape.shape_type == _GROUP:
            if depth < _DEEPEST:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _is_unseen(shape: Any) -> bool:
    """Tell a shape that is switched off in the selection pane, or lies off the slide."""
    named = next((each for each in shape.element.iter() if each.tag.endswith("}cNvPr")), None)
    if named is not None and named.get("hidden") in {"1", "true"}:
        return True
    right, bottom = (shape.left or 0) + (shape.width or 0), (shape.top or 0) + (shape.height or 0)
    return bool(shape.width) and (right < 0 or bottom < 0)


def _text(draft: Draft, frame: Any, place: Place, marks: tuple[str, ...]) -> None:
    lines = [(each.level, each.text.replace("\v", "\n").strip()) for each in frame.paragraphs]
    full = [(level, text) for level, text in lines if text]
    if len(full) == 1:
        draft.add("prose", full[0][1], place, marks)
    elif full:
        items = (f"{'  ' * level}- {text}" for level, text in full)
        draft.add("list", "\n".join(items), place, marks)
