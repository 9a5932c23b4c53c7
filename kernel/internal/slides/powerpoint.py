"""Writes the slides that standard input describes as a PowerPoint file: a title, a picture, notes each."""
import json
import sys

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.util import Pt



def write(frame, text, size):
    """Fills a frame, flush left, and returns the fonts. Sizes stand at the runs: PowerPoint passes over those of paragraphs."""
    frame.text = text
    for paragraph in frame.paragraphs:
        properties = paragraph._p.get_or_add_pPr()
        for name, value in {"marL": "0", "indent": "0", "algn": "l"}.items():
            properties.set(name, value)
    fonts = [run.font for paragraph in frame.paragraphs for run in paragraph.runs]
    for font in fonts:
        font.size = Pt(size)
    return fonts


def write_notes(page, text):
    """Writes the speaker's notes below the slide, in letters that leave none of them out when they are printed."""
    width, height = 432, 360
    for shape in page.placeholders:
        if shape.placeholder_format.type == PP_PLACEHOLDER.SLIDE_IMAGE:
            shape.left, shape.top, shape.width, shape.height = Pt(54), Pt(36), Pt(width), Pt(width * 9 / 16)
    body = page.notes_placeholder
    body.left, body.top, body.width, body.height = Pt(54), Pt(297), Pt(width), Pt(height)
    for size in (12, 11, 10, 9, 8, 7, 6):
        columns = int((width - 15) / (size * 0.55))
        lines = sum(1 + len(line.expandtabs(12)) // columns for line in text.splitlines())
        if lines * size * 1.2 < height - 10:
            break
    write(body.text_frame, text, size)


deck = json.load(sys.stdin)
point = 0.75  # of a CSS pixel
show = Presentation()
show.slide_width, show.slide_height = Pt(1280 * point), Pt(720 * point)
layout = show.slide_layouts[5]  # a title and nothing else
for page in deck["pages"]:
    slide = show.slides.add_slide(layout)
    picture = slide.shapes.add_picture(page["file"], 0, 0, show.slide_width, show.slide_height)
    slide.shapes._spTree.remove(picture._element)
    slide.shapes._spTree.insert(2, picture._element)  # below the title
    picture.name = page["name"]
    picture._element.nvPicPr.cNvPr.set("descr", page["notes"])
    title = slide.shapes.title
    if not page["title"]:
        title._element.getparent().remove(title._element)
    else:
        title.left, title.top = Pt(page["left"] * point), Pt(page["top"] * point)
        title.width, title.height = show.slide_width - 2 * title.left, Pt(page["height"] * point)
        if page["outside"]:  # for the outline and for who listens: above the slide
            title.width, title.height = show.slide_width, Pt(40)
            title.left, title.top = 0, -title.height
        frame = title.text_frame
        frame.margin_left = frame.margin_top = frame.margin_right = frame.margin_bottom = 0
        for font in write(frame, page["title"], (page["size"] or 32) * point):
            font.bold, font.name = True, "Liberation Sans"
            font.color.rgb = RGBColor.from_string("FFFFFF" if deck["theme"] == "dark" else "0B1C33")
    write_notes(slide.notes_slide, page["notes"])
show.save(sys.argv[1])
