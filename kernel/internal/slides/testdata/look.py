"""Prints as JSON what is on each slide of a PowerPoint file."""
import io
import json
import sys

from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

show = Presentation(sys.argv[1])
looks = []
for slide in show.slides:
    shapes = list(slide.shapes)
    pictures = [s for s in shapes if s.shape_type == MSO_SHAPE_TYPE.PICTURE]
    title = slide.shapes.title
    look = {"title": "", "notes": slide.notes_slide.notes_text_frame.text, "pictures": len(pictures)}
    for p in pictures:
        image = Image.open(io.BytesIO(p.image.blob)).convert("RGB")
        look["colours"] = len(image.getcolors(1 << 24))
        look["fills"] = (p.left, p.top, p.width, p.height) == (0, 0, show.slide_width, show.slide_height)
        look["below"] = shapes[0].shape_id == p.shape_id
    if title is not None:
        look["title"] = title.text_frame.text
        look["onSlide"] = title.top >= 0
    # A paragraph's own size is not enough: PowerPoint passes over it.
    frames = [slide.notes_slide.notes_text_frame] + ([] if title is None else [title.text_frame])
    look["sized"] = all(r.font.size for f in frames for p in f.paragraphs for r in p.runs)
    looks.append(look)
json.dump(looks, sys.stdout)
